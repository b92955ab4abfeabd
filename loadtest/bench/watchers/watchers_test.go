package watchers

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
)

var house = client.House{Rows: 1, SeatsPerRow: 2}

const (
	firstHeld  = "event: delta\nid: 6\ndata: {\"version\":6,\"changes\":[{\"seat\":\"A-1-1\",\"status\":\"HELD\"}]}\n\n"
	secondHeld = "event: delta\nid: 7\ndata: {\"version\":7,\"changes\":[{\"seat\":\"A-1-2\",\"status\":\"HELD\"}]}\n\n"
	snapshot   = "retry: 2000\nevent: snapshot\nid: 6\ndata: {\"version\":6,\"seats\":[{\"seat\":\"A-1-1\",\"status\":\"HELD\"},{\"seat\":\"A-1-2\",\"status\":\"AVAILABLE\"}]}\n\n"
	comment    = ":\n\n"
	saleOver   = "event: sale\ndata: {\"state\":\"ENDED\"}\n\n"
)

// serve streams pieces of text to each watcher, and keeps the streams open.
func serve(t *testing.T, pieces ...string) *Crowd {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var out io.Writer = w
		if r.Header.Get("Accept-Encoding") != "" {
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			defer zip.Flush()
			out = zip
		}
		for _, piece := range pieces {
			_, _ = io.WriteString(out, piece)
			if zip, packs := out.(*gzip.Writer); packs {
				_ = zip.Flush()
			}
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return New(t.Context(), strings.TrimPrefix(server.URL, "http://"), &client.Sale{ID: "E", House: house})
}

func TestCrowd_FollowsAllChanges(t *testing.T) {
	c := serve(t, comment+firstHeld[:20], firstHeld[20:], saleOver+secondHeld)
	answered := []time.Time{time.Now(), time.Now()}
	require.NoError(t, c.Open(5, 5))
	require.Zero(t, c.Await(7, 10*time.Second))
	c.Stop()
	s := c.Check([]bool{true, true}, answered)
	require.NoError(t, s.Err)
	require.Equal(t, 5, s.Watchers)
	require.Equal(t, 10, s.Delivered)
	require.EqualValues(t, 10, s.Changes)
	require.LessOrEqual(t, s.P50, s.P99)
}

func TestCrowd_ChecksNewcomers(t *testing.T) {
	c := serve(t, snapshot, secondHeld)
	c.Arrive(2, time.Millisecond)
	require.Eventually(t, func() bool { return c.arrived.Load() == 2 }, 10*time.Second, time.Millisecond)
	require.Zero(t, c.Await(7, 10*time.Second))
	c.Stop()
	s := c.Check([]bool{true, true}, make([]time.Time, 2))
	require.NoError(t, s.Err)
	require.EqualValues(t, 2, s.Arrived)
	require.Equal(t, 1, s.Watchers, "one of them decodes")
	require.Positive(t, s.PackedBytes)
}

func TestCrowd_FindsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		pieces []string
		taken  []bool
		last   uint64
		says   string
	}{
		"a missing change":  {[]string{firstHeld}, []bool{true, true}, 6, "A-1-2 is shown wrongly"},
		"a wrong change":    {[]string{firstHeld, secondHeld}, []bool{true, false}, 7, "A-1-2 is shown wrongly"},
		"an older version":  {[]string{secondHeld, firstHeld}, []bool{true, true}, 6, "version 6 follows version 7"},
		"an unknown seat":   {[]string{strings.ReplaceAll(firstHeld, "A-1-1", "A-1-3")}, []bool{true, true}, 6, `"A-1-3"`},
		"another id":        {[]string{strings.Replace(firstHeld, "id: 6", "id: 8", 1)}, []bool{true, false}, 8, "says version 6"},
		"half a snapshot":   {[]string{strings.Replace(snapshot, `,{"seat":"A-1-2","status":"AVAILABLE"}`, "", 1)}, []bool{true, false}, 6, "1 seats"},
		"an unknown status": {[]string{strings.Replace(firstHeld, "HELD", "SOLD", 1)}, []bool{true, false}, 6, `"SOLD"`},
	} {
		t.Run(name, func(t *testing.T) {
			crowd := serve(t, c.pieces...)
			require.NoError(t, crowd.Open(1, 5))
			require.Eventually(t, func() bool { return crowd.seen(len(c.pieces)) }, 10*time.Second, time.Millisecond)
			crowd.Stop()
			require.ErrorContains(t, crowd.Check(c.taken, make([]time.Time, 2)).Err, c.says)
		})
	}
}

// seen reports whether the first watcher has got so many frames.
func (c *Crowd) seen(frames int) bool {
	c.frames.mu.Lock()
	defer c.frames.mu.Unlock()
	return len(c.frames.all) == frames && c.Await(1, 0) == 0
}

func TestCrowd_Open_FailsIfItIsRefused(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	c := New(t.Context(), strings.TrimPrefix(server.URL, "http://"), &client.Sale{ID: "E", House: house})
	require.ErrorContains(t, c.Open(1, 1), "404")
}

func TestReadFrame_ReadsLongLines(t *testing.T) {
	long := "data: " + strings.Repeat("x", 1000) + "\n"
	in := bufio.NewReaderSize(strings.NewReader(long+long+"\n"+comment), 16)
	var text bytes.Buffer
	require.NoError(t, readFrame(in, &text))
	require.Equal(t, long+long+"\n", text.String())
	text.Reset()
	require.NoError(t, readFrame(in, &text))
	require.Equal(t, comment, text.String())
	require.ErrorIs(t, readFrame(in, &text), io.EOF)
}

func TestHistogram_Quantile(t *testing.T) {
	var h histogram
	require.Zero(t, h.quantile(0.99))
	for ms := range 100 {
		h.add(time.Duration(ms) * time.Millisecond)
	}
	h.add(-time.Second)
	require.Equal(t, "0 49 97 99", fmt.Sprint(h.quantile(0).Milliseconds(), h.quantile(0.5).Milliseconds(), h.quantile(0.98).Milliseconds(), h.quantile(1).Milliseconds()))
}
