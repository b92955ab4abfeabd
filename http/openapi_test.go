package http

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSwaggerUI_WorksOffline(t *testing.T) {
	ts := newTestServer(t)
	for _, path := range []string{"/api-docs", "/api-docs/"} {
		a := ts.send("GET", path, "", "", "X-Forwarded-Prefix: /evil")
		require.Equal(t, 302, a.StatusCode)
		require.Equal(t, "/api-docs/index.html", a.Header.Get("Location"))
	}
	a := ts.send("GET", "/api-docs/index.html", "", "", "X-Forwarded-Prefix: /evil")
	require.Equal(t, 200, a.StatusCode)
	require.Contains(t, a.body, `"url":"/openapi.json"`)
	require.NotContains(t, a.body, "https://")
	require.NotContains(t, a.body, "evil")
	require.NotContains(t, a.Header.Get("Content-Security-Policy"), "http")
	for _, asset := range []string{"swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "favicon-32x32.png"} {
		require.Equal(t, 200, ts.send("GET", "/api-docs/"+asset, "", "").StatusCode)
	}
}
