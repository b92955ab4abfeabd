package http

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/docs"
)

func TestSwaggerUI_WorksOffline(t *testing.T) {
	ts := newTestServer(t)
	page := ts.send("GET", "/api-docs/index.html", "", "")
	require.Equal(t, 200, page.StatusCode)
	require.NotContains(t, page.body, "https://")
	require.NotContains(t, page.Header.Get("Content-Security-Policy"), "http")
	require.NotContains(t, page.Header.Get("Content-Security-Policy"), "script-src 'self' 'unsafe")
	named := 0
	for part := range strings.SplitSeq(page.body, `"./`) {
		name, _, ok := strings.Cut(part, `"`)
		if ok && !strings.HasPrefix(part, "<") {
			named++
			require.Equal(t, 200, ts.send("GET", "/api-docs/"+name, "", "").StatusCode, name)
		}
	}
	require.Equal(t, len(ts.server.swaggerFiles)-1, named, "the page loads every other file")
	require.Contains(t, ts.send("GET", "/api-docs/initializer.js", "", "").body, `url: "/openapi.json"`)
}

// Swagger UI waits for the end of an answer, and a stream has none: its "Execute" would
// spin for ever. The file that replaces the selector needs a Swagger UI that has it.
func TestSwaggerUI_DoesNotTryStreamsOut(t *testing.T) {
	ts := newTestServer(t)
	require.Contains(t, ts.send("GET", "/api-docs/initializer.js", "", "").body, "allowTryItOutFor")
	require.Contains(t, ts.send("GET", "/api-docs/swagger-ui-bundle.js", "", "").body, "specSelectors.allowTryItOutFor(")
	require.Contains(t, string(docs.OpenAPI), `"text/event-stream"`)
}

// A redirect to a host that one client names would send everybody there (CWE-601). The
// hostile requests are the first ones, which a lazy set-up would remember.
func TestSwaggerUI_NoHeaderReachesAnAnswer(t *testing.T) {
	ts := newTestServer(t)
	locations := map[string]string{"/api-docs": "/api-docs/index.html", "/api-docs/": "/api-docs/index.html",
		"/api-docs/index.html": "", "/api-docs/doc.json": "", "/api-docs/%2f": "", "/api-docs//": "", "/api-docs/..%2f": ""}
	for _, name := range []string{"X-Forwarded-Prefix", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Path", "X-Forwarded-Uri",
		"X-Original-Url", "X-Original-Uri", "X-Rewrite-Url", "X-Script-Name", "Forwarded", "Referer", "Origin"} {
		for path, location := range locations {
			hostile := ts.send("GET", path, "", "", name+`: /\evil.example`)
			require.Equal(t, location, hostile.Header.Get("Location"), "%s with %s", path, name)
			require.NotContains(t, hostile.body, "evil")
			for _, values := range hostile.Header {
				require.NotContains(t, strings.Join(values, ","), "evil")
			}
			next := ts.send("GET", path, "", "")
			require.Equal(t, hostile.StatusCode, next.StatusCode)
			require.Equal(t, location, next.Header.Get("Location"))
		}
	}
}

func TestStaticFiles_AreCompressedAndCached(t *testing.T) {
	ts := newTestServer(t)
	bodies := map[string][]byte{"/openapi.json": docs.OpenAPI}
	for name, file := range ts.server.swaggerFiles {
		bodies["/api-docs/"+name] = file.body
	}
	for path, body := range bodies {
		tags := map[string]bool{}
		for _, coding := range []string{"", "gzip", "br"} {
			resp, got := ts.raw(path, coding)
			require.Equal(t, 200, resp.StatusCode)
			require.NotEmpty(t, resp.Header.Get("Content-Type"))
			require.Contains(t, strings.Join(resp.Header.Values("Vary"), ","), "Accept-Encoding")
			require.Equal(t, string(body), unpacked(t, resp.Header.Get("Content-Encoding"), got), "%s in %s", path, coding)
			if len(body) > 10_000 && coding != "" {
				require.Less(t, len(got), len(body)/3, "%s in %s", path, coding)
			}
			tags[resp.Header.Get("ETag")] = true
			again, got := ts.raw(path, coding, "If-None-Match: "+resp.Header.Get("ETag"))
			require.Equal(t, 304, again.StatusCode)
			require.Empty(t, got)
		}
		require.True(t, len(tags) == 3 || len(body) < 1000, "%s: each coding has a tag of its own", path)
	}
	bundle, _ := ts.raw("/api-docs/swagger-ui-bundle.js", "br")
	require.Contains(t, bundle.Header.Get("Cache-Control"), "max-age=")
	page, _ := ts.raw("/api-docs/index.html", "br")
	require.Equal(t, "no-cache", page.Header.Get("Cache-Control"))
}
