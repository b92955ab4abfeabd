package http

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLiveHouse: the page and all that it loads come from this server, and nothing else is served there.
func TestLiveHouse(t *testing.T) {
	ts := newTestServer(t)
	page := ts.send("GET", "/events/01900000-0000-7000-8000-0000000000e1", "", "")
	require.Equal(t, 200, page.StatusCode)
	require.Equal(t, livehousePolicy, page.Header.Get("Content-Security-Policy"))
	require.NotContains(t, livehousePolicy, "unsafe")
	require.NotRegexp(t, foreign, page.body)

	loads := regexp.MustCompile(`(?:src|href|from)[= ]"(?:/livehouse|\.)/([^"]+)"`)
	seen, queue := map[string]bool{}, []string{page.body}
	for len(queue) > 0 {
		for _, found := range loads.FindAllStringSubmatch(queue[0], -1) {
			name := found[1]
			if seen[name] {
				continue
			}
			seen[name] = true
			file := ts.send("GET", "/livehouse/"+name, "", "")
			require.Equal(t, 200, file.StatusCode, name)
			require.Regexp(t, "^text/(css|javascript); charset=utf-8$", file.Header.Get("Content-Type"), name)
			queue = append(queue, file.body)
		}
		queue = queue[1:]
	}
	seen["index.html"], seen["whatson.js"] = true, true // the page itself, and what the front page loads
	require.Len(t, seen, len(ts.server.livehouse), "the page loads every file")
	require.Equal(t, 404, ts.send("GET", "/livehouse/none.js", "", "").StatusCode)
	require.Equal(t, 304, ts.send("GET", "/livehouse/main.js", "", "", "If-None-Match: "+ts.send("GET", "/livehouse/main.js", "", "").Header.Get("ETag")).StatusCode)
}
