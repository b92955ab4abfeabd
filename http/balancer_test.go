package http

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBalancer_WaitsForSlowRoutes: a balancer that gives up before Eventra would answer 503 for
// what has been done.
func TestBalancer_WaitsForSlowRoutes(t *testing.T) {
	t.Parallel()
	routes, err := os.ReadFile("routes.go")
	require.NoError(t, err)
	config, err := os.ReadFile("../deploy/haproxy.cfg")
	require.NoError(t, err)
	slow := regexp.MustCompile(`api\.\w+\("([^"]+)",.*\btimeout\(`).FindAllStringSubmatch(string(routes), -1)
	require.NotEmpty(t, slow)
	patient := regexp.MustCompile(`set-timeout server 7s unless \{ path_end (.*) \}`).FindAllStringSubmatch(string(config), -1)
	require.Len(t, patient, 2, "ready and living instances")
	for _, backend := range patient {
		for _, route := range slow {
			require.Contains(t, strings.Fields(backend[1]), "/"+path.Base(route[1]), route[1])
		}
	}
}
