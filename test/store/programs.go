package store

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// PostgresUser returns whom PostgreSQL runs as, which refuses root, and gives him a folder. It returns nil if this process may
// run it itself.
func PostgresUser(folder string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(folder, int(uid), int(gid))
}

// PostgresPrograms returns the folder of PostgreSQL's programs.
func PostgresPrograms() (string, error) {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bins) == 0 {
		return "", errors.Join(err, errors.New("PostgreSQL's programs are not in /usr/lib/postgresql"))
	}
	return slices.Max(bins), nil
}
