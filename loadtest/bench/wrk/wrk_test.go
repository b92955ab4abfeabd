package wrk

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	lua "github.com/yuin/gopher-lua"
)

// requester runs a script as wrk does and parses the requests that it returns.
type requester struct {
	t *testing.T
	l *lua.LState
}

func newRequester(t *testing.T, script string) *requester {
	l := lua.NewState()
	t.Cleanup(l.Close)
	require.NoError(t, l.DoString(script), script)
	return &requester{t, l}
}

func (r *requester) next() (request *http.Request, body string) {
	require.NoError(r.t, r.l.CallByParam(lua.P{Fn: r.l.GetGlobal("request"), NRet: 1, Protect: true}))
	text := r.l.Get(-1).String()
	r.l.Pop(1)
	rest := bufio.NewReader(strings.NewReader(text))
	request, err := http.ReadRequest(rest)
	require.NoError(r.t, err, text)
	raw, err := io.ReadAll(request.Body)
	require.NoError(r.t, err)
	require.Zero(r.t, rest.Buffered(), "nothing follows the body: %q", text)
	return request, string(raw)
}

func (r *requester) hold() (event string, seats []string) {
	_, body := r.next()
	var hold struct {
		EventID string
		Seats   []string
	}
	require.NoError(r.t, json.Unmarshal([]byte(body), &hold), body)
	return hold.EventID, hold.Seats
}

func (r *requester) ranOut() bool { return lua.LVAsBool(r.l.GetGlobal("ranOut")) }

func TestHolds_UseTokensInTurn(t *testing.T) {
	r := newRequester(t, (&Holds{Host: "one:80", Tokens: []string{"a.b", "c.d"}, Events: []string{"E"},
		Section: "A", Rows: 2, SeatsPerRow: 3, Group: 1}).Script())
	seen := map[string]int{}
	for range 6 {
		request, body := r.next()
		require.Equal(t, "POST /api/v1/bookings one:80 application/json", strings.Join([]string{
			request.Method, request.URL.Path, request.Host, request.Header.Get("Content-Type")}, " "))
		require.EqualValues(t, len(body), request.ContentLength)
		seen[request.Header.Get("Authorization")]++
	}
	require.Equal(t, map[string]int{"Bearer a.b": 3, "Bearer c.d": 3}, seen)
}

func TestHolds_RequestEachSeatOnce(t *testing.T) {
	for name, h := range map[string]Holds{
		"one by one":          {Events: []string{"E"}, Group: 1},
		"in groups":           {Events: []string{"E"}, Group: 4},
		"scattered":           {Events: []string{"E"}, Group: 1, Step: 7},
		"groups scattered":    {Events: []string{"E"}, Group: 4, Step: 7},
		"one after the other": {Events: []string{"E", "F", "G"}, Group: 1},
		"events in turn":      {Events: []string{"E", "F", "G"}, Group: 1, Spread: true},
		"turns, scattered":    {Events: []string{"E", "F", "G"}, Group: 4, Step: 7, Spread: true},
	} {
		t.Run(name, func(t *testing.T) {
			h.Host, h.Tokens, h.Section, h.Rows, h.SeatsPerRow = "h", []string{"t"}, "A", 12, 20
			r := newRequester(t, h.Script())
			seen := map[string]bool{}
			for range h.Groups() {
				event, seats := r.hold()
				require.Len(t, seats, h.Group)
				for _, seat := range seats {
					require.False(t, seen[event+seat], "%s of %s again", seat, event)
					seen[event+seat] = true
				}
			}
			require.Len(t, seen, len(h.Events)*12*20)
			require.True(t, seen["EA-1-1"] && seen["EA-12-20"], "the first and the last seat")
			require.False(t, r.ranOut())
			r.hold()
			require.True(t, r.ranOut())
		})
	}
}

func TestHolds_Spread_UsesEventsInTurn(t *testing.T) {
	r := newRequester(t, (&Holds{Host: "h", Tokens: []string{"t"}, Events: []string{"E", "F"}, Section: "A",
		Rows: 1, SeatsPerRow: 4, Group: 1, Spread: true, First: 2}).Script())
	for _, want := range []string{"E A-1-2", "F A-1-2", "E A-1-3"} {
		event, seats := r.hold()
		require.Equal(t, want, event+" "+seats[0])
	}
}

func TestHolds_Endless_StartsAgain(t *testing.T) {
	r := newRequester(t, (&Holds{Host: "h", Tokens: []string{"t"}, Events: []string{"E"}, Section: "A",
		Rows: 1, SeatsPerRow: 2, Group: 1, Endless: true}).Script())
	for _, want := range []string{"A-1-1", "A-1-2", "A-1-1"} {
		_, seats := r.hold()
		require.Equal(t, []string{want}, seats)
	}
	require.False(t, r.ranOut())
}

func TestHolds_Keys_AreFresh(t *testing.T) {
	holds := &Holds{Host: "h", Tokens: []string{"t"}, Events: []string{"E"}, Section: "A", Rows: 2, SeatsPerRow: 4, Group: 2, Keys: "run1-"}
	r := newRequester(t, holds.Script())
	seen := map[string]bool{}
	for range holds.Groups() {
		request, _ := r.next()
		key := request.Header.Get("Idempotency-Key")
		require.Regexp(t, `^run1-\d+$`, key)
		require.False(t, seen[key], key)
		seen[key] = true
	}
	holds.Keys = ""
	request, _ := newRequester(t, holds.Script()).next()
	require.Empty(t, request.Header.Values("Idempotency-Key"))
}

// A hold is paid by the next request of any connection, with the holder's token.
func TestHolds_Pays_PaysForEachHold(t *testing.T) {
	r := newRequester(t, (&Holds{Host: "h", Tokens: []string{"a", "b"}, Events: []string{"E"}, Section: "A",
		Rows: 1, SeatsPerRow: 4, Group: 1, Pays: true}).Script())
	answer := func(body string) {
		require.NoError(t, r.l.CallByParam(lua.P{Fn: r.l.GetGlobal("response"), Protect: true}, lua.LNumber(201), r.l.NewTable(), lua.LString(body)))
	}
	first, body := r.next()
	require.Equal(t, "/api/v1/bookings", first.URL.Path)
	require.Contains(t, body, `"A-1-1"`)
	second, _ := r.next()
	require.NotEqual(t, first.Header.Get("Authorization"), second.Header.Get("Authorization"))
	answer(`{"id":"2","eventId":"E","status":"HELD","seats":[{"seat":"A-1-2","section":"A"}]}`)
	answer(`{"id":"1","eventId":"E","status":"HELD","seats":[{"seat":"A-1-1","section":"A"}]}`)
	for _, want := range []struct {
		path string
		by   *http.Request
	}{{"/api/v1/bookings/2/payments", second}, {"/api/v1/bookings/1/payments", first}} {
		pays, body := r.next()
		require.Equal(t, want.path, pays.URL.Path)
		require.Equal(t, want.by.Header.Get("Authorization"), pays.Header.Get("Authorization"))
		require.JSONEq(t, `{"method":"mock","token":"tok_ok"}`, body)
		answer(`{"id":"9","bookingId":"2","status":"SUCCEEDED","booking":{"id":"2","status":"CONFIRMED"}}`)
	}
	_, body = r.next()
	require.Contains(t, body, `"A-1-3"`, "all are paid")
}

func TestGets_CarryTheirFields(t *testing.T) {
	r := newRequester(t, (&Gets{Host: "h", Path: "/x?y=1", Header: []string{`If-None-Match: "7-\5"`}}).Script())
	request, _ := r.next()
	require.Equal(t, "/x?y=1", request.RequestURI)
	require.Equal(t, `"7-\5"`, request.Header.Get("If-None-Match"))
	require.Empty(t, request.Header.Get("Authorization"))
	r = newRequester(t, (&Gets{Host: "h", Path: "/", Tokens: []string{"t"}}).Script())
	request, _ = r.next()
	require.Equal(t, "Bearer t", request.Header.Get("Authorization"))
}

func TestQuote_MakesLuaStrings(t *testing.T) {
	l := lua.NewState()
	defer l.Close()
	for _, s := range []string{"plain", `a"b\c`, "line\r\nend", "\x00\xff9", "ä"} {
		require.NoError(t, l.DoString("s = "+quote(s)))
		require.Equal(t, s, l.GetGlobal("s").String())
	}
}

func TestParse_ReadsTheResultOfWrk(t *testing.T) {
	line := `RESULT {"tookMicros":2000000,"requests":100,"status":4,"connect":1,"read":2,"write":3,"timeout":4,"p50":500,"p99":9000,"max":10000,"ranOut":%}`
	result, err := parse([]byte("Running\n" + strings.Replace(line, "%", "false", 1) + "\nRequests/sec: 50"))
	require.NoError(t, err)
	require.Equal(t, 2*time.Second, result.Took)
	require.EqualValues(t, 96, result.Accepted())
	require.EqualValues(t, 10, result.Errors)
	require.Equal(t, 9*time.Millisecond, result.P99)
	_, err = parse([]byte(strings.Replace(line, "%", "true", 1)))
	require.ErrorIs(t, err, ErrRanOut)
	_, err = parse([]byte("unable to connect"))
	require.Error(t, err)
}
