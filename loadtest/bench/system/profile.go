package system

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Profile writes profiles of the server into folder: of the CPU during d from now
// on, then of allocations, mutexes and blocking since the start. It does nothing if
// the server serves no profiles.
func (s *Server) Profile(d time.Duration, folder, prefix string) error {
	if s.profileAddress == "" {
		return nil
	}
	for _, p := range []struct{ name, query string }{
		{"profile", fmt.Sprintf("?seconds=%d", max(1, int(d.Seconds())))}, {"allocs", ""}, {"mutex", ""}, {"block", ""},
	} {
		if err := fetch("http://"+s.profileAddress+"/debug/pprof/"+p.name+p.query, filepath.Join(folder, prefix+"-"+p.name+".pprof")); err != nil {
			return err
		}
	}
	return nil
}

func fetch(url, path string) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, response.Body)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}
