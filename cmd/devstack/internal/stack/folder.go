package stack

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/eventra/eventra/cmd/devstack/internal/proc"
)

const (
	lockFile  = "devstack.lock" // also marks the folder as a data folder
	stateFile = "state.json"

	tempPrefix = "eventra-devstack-"
)

// A Folder has everything that a stack writes: the stores' data, logs, pid files, and the state that one run leaves to the next.
// Only one launcher at a time holds it.
type Folder struct {
	Path      string
	Ephemeral bool // deleted by Close
	Volatile  bool // no server waits for the disk
	Standby   bool // each commit of PostgreSQL waits for a second server; for an ephemeral folder only

	lock  *os.File
	mu    sync.Mutex // services start concurrently
	state state
}

// state is kept in stateFile.
type state struct {
	PostgresPassword string
	JWTSecret        string

	// Ports of the last run, by service. Services take them again if they are free, so that a bookmark of the mail page stays valid.
	Ports map[string]int
}

// ErrInUse means that another launcher holds the folder.
var ErrInUse = errors.New("in use")

// OpenFolder takes the folder at path, or makes it. It ends the processes that a killed launcher left there.
func OpenFolder(path string) (*Folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := refuseForeign(path); err != nil {
		return nil, err
	}
	// Other users may pass through but not look around: PostgreSQL runs as another user when the launcher runs as root.
	if err := os.MkdirAll(path, 0o711); err != nil { //nolint:gosec // G301: see above
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	return takeFolder(path)
}

// TempFolder makes a folder for one run. It first deletes the folders of killed launchers.
func TempFolder() (*Folder, error) {
	sweepTempFolders()

	path, err := os.MkdirTemp("", tempPrefix)
	if err != nil {
		return nil, fmt.Errorf("make a temporary data folder: %w", err)
	}
	if err := os.Chmod(path, 0o711); err != nil { //nolint:gosec // G302: as in OpenFolder
		return nil, err
	}
	f, err := takeFolder(path)
	if err != nil {
		return nil, err
	}
	f.Ephemeral = true
	return f, nil
}

func takeFolder(path string) (*Folder, error) {
	lock, err := lockFolder(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: path, lock: lock}
	if err := f.prepare(); err != nil {
		return nil, errors.Join(err, f.unlock())
	}
	return f, nil
}

func (f *Folder) prepare() error {
	for _, sub := range []string{f.PIDs(), f.logs()} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return err
		}
	}
	if _, err := proc.EndOrphans(f.PIDs()); err != nil {
		return err
	}

	content, err := os.ReadFile(f.sub(stateFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		f.state = state{PostgresPassword: randomHex(16), JWTSecret: randomHex(32), Ports: map[string]int{}}
		return f.saveState()
	case err != nil:
		return err
	}
	if err := json.Unmarshal(content, &f.state); err != nil {
		return fmt.Errorf("%s is damaged (%w); `devstack reset --data %s` deletes it and all data",
			f.sub(stateFile), err, f.Path)
	}
	return nil
}

// saveState writes a new file and renames it: a launcher that is killed meanwhile must not lose the password of its data.
func (f *Folder) saveState() error {
	content, err := json.MarshalIndent(f.state, "", "  ") //nolint:gosec // G117: the secrets of a development stack stay in its folder
	if err != nil {
		return err
	}
	next := f.sub(stateFile + ".next")
	if err := os.WriteFile(next, content, 0o600); err != nil {
		return fmt.Errorf("keep the stack's state: %w", err)
	}
	return os.Rename(next, f.sub(stateFile))
}

// port returns the service's port of the last run, or 0.
func (f *Folder) port(service string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state.Ports[service]
}

func (f *Folder) keepPort(service string, port int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.Ports[service] = port
}

// Close releases the folder, and deletes an ephemeral one. The stack must have stopped.
func (f *Folder) Close() error {
	var err error
	if f.Ephemeral {
		err = os.RemoveAll(f.Path)
	}
	return errors.Join(err, f.unlock())
}

// unlock releases the lock explicitly. Closing the file is not enough: a process that is just being started has it open, too.
func (f *Folder) unlock() error {
	return errors.Join(syscall.Flock(int(f.lock.Fd()), syscall.LOCK_UN), f.lock.Close())
}

// Delete deletes the folder with all data.
func (f *Folder) Delete() error {
	f.Ephemeral = true
	return f.Close()
}

// PIDs returns the folder of the pid files.
func (f *Folder) PIDs() string { return f.sub("run") }

func (f *Folder) logs() string { return f.sub("log") }
func (f *Folder) sub(names ...string) string {
	return filepath.Join(append([]string{f.Path}, names...)...)
}

// lockFolder takes the folder's lock. The kernel releases it when its holder ends, whatever the cause.
func lockFolder(path string) (*os.File, error) {
	name := filepath.Join(path, lockFile)
	lock, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the data folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(name)
		return nil, errors.Join(fmt.Errorf("the data folder %s is %w by the devstack with process id %s; stop that one first",
			path, ErrInUse, strings.TrimSpace(string(holder))), lock.Close())
	}

	// A reset may have deleted the folder between open and lock, and a lock on a deleted file protects nothing.
	ours, err := lock.Stat()
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if current, err := os.Stat(name); err != nil || !os.SameFile(ours, current) {
		return nil, errors.Join(fmt.Errorf("the data folder %s was deleted just now; try again", path), lock.Close())
	}

	if err := lock.Truncate(0); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if _, err := fmt.Fprintln(lock, os.Getpid()); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// refuseForeign refuses a folder that is not a stack's, so that a mistyped --data neither fills it nor, with reset, deletes it.
func refuseForeign(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the data folder: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == lockFile {
			return nil
		}
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not a devstack data folder (it has files, but no %q among them); name another with --data",
			path, lockFile)
	}
	return nil
}

// sweepTempFolders ends the processes and deletes the folders that killed launchers left among the temporary files. It ignores
// errors, because the run that is about to start does not depend on it.
func sweepTempFolders() {
	paths, _ := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*"))
	for _, path := range paths {
		info, err := os.Stat(filepath.Join(path, lockFile))
		if err != nil || time.Since(info.ModTime()) < time.Second {
			continue // not a stack's, or of one that is just starting
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
			continue
		}
		if f, err := takeFolder(path); err == nil {
			_ = f.Delete()
		}
	}
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, by its documentation
	return hex.EncodeToString(b)
}
