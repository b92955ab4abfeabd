package stack

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/eventra/eventra/cmd/devstack/internal/proc"
)

// postgresFolders lists the folders that may have PostgreSQL's programs, the likeliest first: Debian keeps them off the PATH, and
// Homebrew all versions except the latest.
func postgresFolders() []string {
	var folders []string
	if onPath, err := exec.LookPath("postgres"); err == nil {
		// initdb looks for the other programs in its own folder, so a link is resolved.
		if resolved, err := filepath.EvalSymlinks(onPath); err == nil {
			folders = append(folders, filepath.Dir(resolved))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		slices.Reverse(found) // later versions first
		folders = append(folders, found...)
	}
	return folders
}

// postgresUser returns the account for PostgreSQL, which refuses to run as root, if the launcher is root. Otherwise it is nil.
func postgresUser(folder *Folder) (*proc.User, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if uidErr != nil || gidErr != nil {
			continue
		}
		unprivileged := &proc.User{Name: name, UID: uint32(uid), GID: uint32(gid)}
		return unprivileged, letThrough(unprivileged, folder.Path)
	}
	return nil, fmt.Errorf("PostgreSQL refuses to run as root, and there is no user %q or %q to run it as; run this as another user",
		"postgres", "nobody")
}

// letThrough ensures that u can reach path. Root's checkout is often in a folder that is closed to other users, such as /root.
func letThrough(u *proc.User, path string) error {
	closed := closedFolder(u, path)
	if closed == "" {
		return nil
	}
	if !proc.CanIgnoreFileModes() {
		return fmt.Errorf("PostgreSQL has to run as user %q, which may not enter %s; run `chmod a+x %s`, choose another "+
			"folder with --data, or run this as another user than root", u.Name, closed, closed)
	}
	u.IgnoreFileModes = true
	return nil
}

// closedFolder returns a folder on the way to path that u may not enter, or "".
func closedFolder(u *proc.User, path string) string {
	for dir := path; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err != nil || !mayEnter(u, info) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

func mayEnter(u *proc.User, info os.FileInfo) bool {
	execute := os.FileMode(0o001)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		switch {
		case stat.Uid == u.UID:
			execute = 0o100
		case stat.Gid == u.GID:
			execute = 0o010
		}
	}
	return info.Mode()&execute != 0
}
