package http

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// foreign is what no page has: addresses of other hosts, scripts and styles in the document.
const foreign = `(?i)https?:|<script>|style=|\bon\w+=`

// TestFrontPage: it says what this is, works without other hosts, and each of its links leads somewhere.
func TestFrontPage(t *testing.T) {
	ts := newTestServer(t)
	page := ts.send("GET", "/", "", "")
	require.Equal(t, 200, page.StatusCode)
	require.Equal(t, "text/html; charset=utf-8", page.Header.Get("Content-Type"))
	require.Equal(t, "nosniff", page.Header.Get("X-Content-Type-Options"))
	require.Contains(t, page.body, "Tickets for events")
	require.NotRegexp(t, foreign, page.body)
	policy := page.Header.Get("Content-Security-Policy")
	require.True(t, strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-"), policy)
	require.NotContains(t, policy, "unsafe")

	links := regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(page.body, -1)
	require.Len(t, links, 5)
	for _, link := range links {
		require.Less(t, ts.send("GET", link[1], "", "").StatusCode, 400, link[1])
	}
	require.Equal(t, 304, ts.send("GET", "/", "", "", "If-None-Match: "+page.Header.Get("ETag")).StatusCode)

	require.NotContains(t, ts.logged(), routeUnmatched)

	icon := ts.send("GET", "/favicon.ico", "", "")
	require.Equal(t, 200, icon.StatusCode)
	require.Equal(t, "image/svg+xml", icon.Header.Get("Content-Type"))
	require.Contains(t, icon.Header.Get("Cache-Control"), "max-age")
}
