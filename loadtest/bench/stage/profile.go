package stage

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Profile fetches what the server's program did: its CPU for the time given,
// which begins now, and then what it has allocated and waited for since its start.
func (s *Server) Profile(d time.Duration, folder, prefix string) error {
	if s.profiles == "" {
		return nil
	}
	for _, p := range []struct{ name, query string }{
		{"profile", fmt.Sprintf("?seconds=%d", max(1, int(d.Seconds())))}, {"allocs", ""}, {"mutex", ""}, {"block", ""},
	} {
		if err := fetch("http://"+s.profiles+"/debug/pprof/"+p.name+p.query, filepath.Join(folder, prefix+"-"+p.name+".pprof")); err != nil {
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
