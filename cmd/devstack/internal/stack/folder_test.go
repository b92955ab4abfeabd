package stack

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFolder_HasOneHolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	first, err := OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(path); !errors.Is(err, ErrInUse) {
		t.Errorf("a second holder: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFolder_KeepsSecretsAndPorts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	first := open(t, path)
	first.keepPort("redis", 4711)
	if err := errors.Join(first.saveState(), first.Close()); err != nil {
		t.Fatal(err)
	}

	second := open(t, path)
	defer second.Close()
	if second.state.PostgresPassword != first.state.PostgresPassword || second.state.JWTSecret != first.state.JWTSecret {
		t.Error("the secrets differ")
	}
	if port := second.port("redis"); port != 4711 {
		t.Errorf("the port is %d", port)
	}
	if len(second.state.JWTSecret) < 64 {
		t.Errorf("the secret %q is short", second.state.JWTSecret)
	}
	info, err := os.Stat(second.sub(stateFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the secrets: %v, %v", info.Mode(), err)
	}
}

func TestOpenFolder_RefusesForeignFolders(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	precious := filepath.Join(path, "precious.txt")
	if err := os.WriteFile(precious, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(path); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("OpenFolder: %v", err)
	}
	if left, _ := os.ReadDir(path); len(left) != 1 {
		t.Errorf("it wrote into it: %v", left)
	}
}

func TestOpenFolder_AdvisesOnADamagedState(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	folder := open(t, path)
	if err := errors.Join(os.WriteFile(folder.sub(stateFile), []byte("{"), 0o600), folder.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(path); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("OpenFolder: %v", err)
	}
}

// The test is not parallel, because it changes the place of temporary folders.
func TestTempFolder_DeletesFoldersOfKilledLaunchers(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())

	held, err := TempFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	left, err := TempFolder()
	if err != nil {
		t.Fatal(err)
	}
	if err := left.unlock(); err != nil { // as the kernel does when the launcher is killed
		t.Fatal(err)
	}
	stranger := filepath.Join(os.TempDir(), tempPrefix+"stranger")
	if err := os.Mkdir(stranger, 0o700); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	for _, folder := range []*Folder{held, left} {
		if err := os.Chtimes(folder.sub(lockFile), old, old); err != nil {
			t.Fatal(err)
		}
	}

	next, err := TempFolder()
	if err != nil {
		t.Fatal(err)
	}
	for path, exists := range map[string]bool{held.Path: true, left.Path: false, stranger: true, next.Path: true} {
		if _, err := os.Stat(path); (err == nil) != exists {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(next.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an ephemeral folder is left: %v", err)
	}
}

func TestWithLog_AddsTheLastLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.log")
	failure := errors.New("a does not start")
	if err := withLog(failure, path); !errors.Is(err, failure) || !strings.Contains(err.Error(), "is empty") {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("old\n", 100)+"FATAL: no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := withLog(failure, path)
	if !errors.Is(err, failure) || !strings.HasSuffix(err.Error(), "FATAL: no") || strings.Count(err.Error(), "old") > 20 {
		t.Error(err)
	}
}

func TestStartRedis_AdvisesIfItIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	folder := open(t, filepath.Join(t.TempDir(), "data"))
	defer folder.Close()
	_, err := startRedis(t.Context(), folder)
	if err == nil || !strings.Contains(err.Error(), "redis-server is not installed") || !strings.Contains(err.Error(), "make deps") {
		t.Error(err)
	}
	if _, err := exec.LookPath("redis-server"); err == nil {
		t.Error("the test does not hide redis-server")
	}
}

func open(t *testing.T, path string) *Folder {
	t.Helper()
	folder, err := OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}
