package stack

import (
	"fmt"
	"runtime"
)

// missing is the error for a program that is not installed, with advice.
func missing(program string) error {
	install := map[string]string{
		"linux":  "`make deps` installs it on Debian and Ubuntu (apt-get install postgresql redis-server)",
		"darwin": "`make deps` installs it with Homebrew (brew install postgresql@17 redis)",
	}[runtime.GOOS]
	if install == "" {
		install = "install PostgreSQL and Redis and put them on the PATH"
	}
	return fmt.Errorf("%s is not installed; %s", program, install)
}
