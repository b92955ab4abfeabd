package readers

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
)

var house = client.House{Rows: 1, SeatsPerRow: 2}

func pack(t *testing.T, coding, body string) []byte {
	var out bytes.Buffer
	var err error
	switch coding {
	case "br":
		w := brotli.NewWriter(&out)
		_, err = w.Write([]byte(body))
		require.NoError(t, w.Close())
	case "gzip":
		w := gzip.NewWriter(&out)
		_, err = w.Write([]byte(body))
		require.NoError(t, w.Close())
	}
	require.NoError(t, err)
	return out.Bytes()
}

func seatMap(version int, first, second string) string {
	return fmt.Sprintf(`{"version":%d,"seats":[{"seat":"A-1-1","status":"%s"},{"seat":"A-1-2","status":"%s"}]}`, version, first, second)
}

func TestDecode_ChecksTheAnswer(t *testing.T) {
	for _, coding := range []string{"br", "gzip"} {
		seats, err := decode(sample{0, `"7-2-` + coding + `"`, pack(t, coding, seatMap(7, "HELD", "AVAILABLE"))}, coding, house)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"A-1-1": "HELD", "A-1-2": "AVAILABLE"}, seats)
		for name, wrong := range map[string]sample{
			"other version":  {0, `"8-2"`, pack(t, coding, seatMap(7, "HELD", "HELD"))},
			"other size":     {0, `"7-3"`, pack(t, coding, seatMap(7, "HELD", "HELD"))},
			"unknown status": {0, `"7-2"`, pack(t, coding, seatMap(7, "HELD", "SOLD"))},
			"no tag":         {0, ``, pack(t, coding, seatMap(7, "HELD", "HELD"))},
			"not compressed": {0, `"7-2"`, []byte(seatMap(7, "HELD", "HELD"))},
			"no JSON":        {0, `"7-2"`, pack(t, coding, "{")},
		} {
			_, err := decode(wrong, coding, house)
			require.Error(t, err, name)
		}
	}
}

func TestReading_FindsASeatThatIsFreeAgain(t *testing.T) {
	reading := func(statuses ...string) *Reading {
		r := &Reading{Load: Load{Coding: "gzip", Sales: []*client.Sale{{House: house}, {House: house}}}}
		for i, status := range statuses { // the newest first
			version := len(statuses) - i
			r.samples = append(r.samples, sample{0, fmt.Sprintf(`"%d-2-gzip"`, version), pack(t, "gzip", seatMap(version, status, "HELD"))})
		}
		return r
	}
	require.NoError(t, reading("HELD", "AVAILABLE").checkSamples())
	require.ErrorContains(t, reading("AVAILABLE", "HELD").checkSamples(), "A-1-1 is free again")

	next := reading("HELD", "AVAILABLE")
	next.samples = append(next.samples, sample{1, `"1-2-gzip"`, pack(t, "gzip", seatMap(1, "AVAILABLE", "AVAILABLE"))})
	require.NoError(t, next.checkSamples(), "the seats of another event")
}

func TestAge_CountsFromTheNextVersion(t *testing.T) {
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	seen := []sighting{{0, 5, at(0)}, {0, 9, at(100)}, {1, 50, at(200)}}
	require.Equal(t, 300*time.Millisecond, age(answer{0, 4, at(300)}, seen))
	require.Equal(t, 200*time.Millisecond, age(answer{0, 5, at(300)}, seen))
	require.Zero(t, age(answer{0, 9, at(300)}, seen), "no newer one was seen of this event")
	require.Zero(t, age(answer{0, 5, at(50)}, seen), "it came before the newer one was seen")
}

// serve serves an event whose maps are answered by versions.
func serve(t *testing.T, version func() int) *Summary {
	answered := make(chan struct{})
	var maps atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/availability") {
			fmt.Fprint(w, `{"version":1,"available":1}`)
			return
		}
		v := version()
		w.Header().Set("ETag", fmt.Sprintf(`"%d-2-gzip"`, v))
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(pack(t, "gzip", seatMap(v, "HELD", "AVAILABLE")))
		if maps.Add(1) == 10 {
			close(answered)
		}
	}))
	defer server.Close()
	reading := Load{Address: strings.TrimPrefix(server.URL, "http://"), Sales: []*client.Sale{{ID: "E", House: house}},
		Connections: 1, Coding: "gzip"}.Start(context.Background())
	select {
	case <-answered:
	case <-time.After(time.Second):
	}
	return reading.Stop()
}

func TestReading_AcceptsRightAnswers(t *testing.T) {
	version := 0
	summary := serve(t, func() int { version++; return version })
	require.NoError(t, summary.Err)
	require.GreaterOrEqual(t, summary.Answers, 10)
	require.Positive(t, summary.Decoded)
}

func TestReading_RefusesAnOlderVersion(t *testing.T) {
	version := 10
	summary := serve(t, func() int { version--; return version })
	require.ErrorContains(t, summary.Err, "version 8 follows version 9")
}
