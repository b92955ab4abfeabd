package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/actors/cluster"
)

const testDay = 24 * time.Hour

// made runs the command as if it were now, and requires it to succeed.
func made(t *testing.T, c certsCommand, now time.Time) string {
	t.Helper()
	did, err := c.ensure(now)
	require.NoError(t, err)
	return did
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		require.NoError(t, err)
		files[entry.Name()] = string(text)
	}
	return files
}

// changed lists the files that are new or have other contents.
func changed(before, after map[string]string) []string {
	var names []string
	for name, text := range after {
		if before[name] != text {
			names = append(names, name)
		}
	}
	return names
}

// peer is a member's side of a connection. Its certificate is in dir, and it trusts
// the authority in trust.
func peer(t *testing.T, dir, trust, name string, now time.Time) *tls.Config {
	t.Helper()
	member, err := tls.LoadX509KeyPair(filepath.Join(dir, "member.crt"), filepath.Join(dir, "member.key"))
	require.NoError(t, err)
	ca, err := os.ReadFile(filepath.Join(trust, "ca.crt"))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(ca))
	return &tls.Config{Certificates: []tls.Certificate{member}, RootCAs: pool, ClientCAs: pool, ServerName: name,
		ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13, Time: func() time.Time { return now }}
}

// shakeHands connects over loopback and returns the errors of both sides.
func shakeHands(t *testing.T, server, client *tls.Config) error {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", server)
	require.NoError(t, err)
	defer listener.Close()
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			err = conn.(*tls.Conn).Handshake()
			_ = conn.Close()
		}
		served <- err
	}()
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", listener.Addr().String(), client)
	if err == nil {
		defer conn.Close()
	}
	return errors.Join(err, <-served)
}

func TestCerts_MakeMembersThatTrustOnlyEachOther(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ours, theirs, renewed := t.TempDir(), t.TempDir(), t.TempDir()
	made(t, certsCommand{Dir: ours}, now)
	made(t, certsCommand{Dir: theirs}, now)
	require.NoError(t, os.CopyFS(renewed, os.DirFS(ours)))
	made(t, certsCommand{Dir: renewed}, now.Add(300*testDay))

	for name, c := range map[string]struct {
		client, trust, name string
		after               time.Duration
		fault               string
	}{
		"a member":                   {ours, ours, cluster.ServerName, 0, ""},
		"on this machine":            {ours, ours, "localhost", 0, ""},
		"a slow clock":               {ours, ours, cluster.ServerName, -clockSkew / 2, ""},
		"a renewed member":           {renewed, ours, cluster.ServerName, 301 * testDay, ""},
		"another authority's client": {theirs, ours, cluster.ServerName, 0, "certificate signed by unknown authority"},
		"another authority's server": {ours, theirs, cluster.ServerName, 0, "certificate signed by unknown authority"},
		"another name":               {ours, ours, "eventra.test", 0, "not eventra.test"},
		"a year later":               {ours, ours, cluster.ServerName, 366 * testDay, "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := now.Add(c.after)
			err := shakeHands(t, peer(t, ours, ours, "", at), peer(t, c.client, c.trust, c.name, at))
			if c.fault == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.fault)
			}
		})
	}

	t.Run("a stranger", func(t *testing.T) {
		t.Parallel()
		stranger := peer(t, ours, ours, cluster.ServerName, now)
		stranger.Certificates = nil
		require.ErrorContains(t, shakeHands(t, peer(t, ours, ours, "", now), stranger), "didn't provide a certificate")
	})
}

func TestCerts_KeepValidFiles(t *testing.T) {
	t.Parallel()
	now := time.Now()
	member, all := []string{"member.crt", "member.key"}, []string{"ca.crt", "ca.key", "member.crt", "member.key"}
	remove := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			for _, name := range names {
				require.NoError(t, os.Remove(filepath.Join(dir, name)))
			}
		}
	}
	spoil := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("spoilt"), 0o600))
		}
	}
	swap := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			other := t.TempDir()
			made(t, certsCommand{Dir: other}, now)
			require.NoError(t, os.Rename(filepath.Join(other, name), filepath.Join(dir, name)))
		}
	}
	promote := func(t *testing.T, dir string) {
		require.NoError(t, os.Rename(filepath.Join(dir, "member.crt"), filepath.Join(dir, "ca.crt")))
	}
	nothing := func(*testing.T, string) {}

	for name, c := range map[string]struct {
		meanwhile func(*testing.T, string)
		after     time.Duration
		force     bool
		changed   []string
		fault     string
	}{
		"at once":                         {meanwhile: nothing},
		"with 34 % left":                  {meanwhile: nothing, after: 240 * testDay},
		"with 32 % left":                  {meanwhile: nothing, after: 248 * testDay, changed: member},
		"expired":                         {meanwhile: nothing, after: 400 * testDay, changed: member},
		"at the authority's end":          {meanwhile: nothing, after: 3600 * testDay, changed: member},
		"forced":                          {meanwhile: nothing, force: true, changed: all},
		"no certificate":                  {meanwhile: remove("member.crt"), changed: member},
		"no key":                          {meanwhile: remove("member.key"), changed: member},
		"a spoilt certificate":            {meanwhile: spoil("member.crt"), changed: member},
		"another's key":                   {meanwhile: swap("member.key"), changed: member},
		"another authority's certificate": {meanwhile: swap("ca.crt"), fault: "not the key of"},
		"an authority half made":          {meanwhile: remove("ca.crt", "member.crt", "member.key"), changed: all},
		"an authority's key elsewhere":    {meanwhile: remove("ca.key")},
		"… when it is needed":             {meanwhile: remove("ca.key"), after: 300 * testDay, fault: "needs the authority's key"},
		"a spoilt authority":              {meanwhile: spoil("ca.crt"), fault: "holds no PEM block"},
		"a spoilt authority, forced":      {meanwhile: spoil("ca.crt"), force: true, changed: all},
		"no authority's certificate":      {meanwhile: promote, fault: "no authority's certificate"},
		"an expired authority":            {meanwhile: nothing, after: 3651 * testDay, fault: "ran out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			made(t, certsCommand{Dir: dir}, now)
			first := contents(t, dir)
			c.meanwhile(t, dir)
			before := contents(t, dir)

			_, err := certsCommand{Dir: dir, Force: c.force}.ensure(now.Add(c.after))
			if c.fault != "" {
				require.ErrorContains(t, err, c.fault)
				require.Empty(t, changed(before, contents(t, dir)), "a fault changes nothing")
				return
			}
			require.NoError(t, err)
			require.ElementsMatch(t, c.changed, changed(first, contents(t, dir)))
		})
	}
}

func TestCerts_KeepTheAuthoritysKeyElsewhere(t *testing.T) {
	t.Parallel()
	now, dir, vault := time.Now(), t.TempDir(), t.TempDir()
	c := certsCommand{Dir: filepath.Join(dir, "new"), CAKey: filepath.Join(vault, "ca.key")}
	made(t, c, now)
	before := contents(t, c.Dir)
	require.Len(t, before, 3)
	require.NotContains(t, before, "ca.key")
	made(t, c, now.Add(300*testDay))
	require.ElementsMatch(t, []string{"member.crt", "member.key"}, changed(before, contents(t, c.Dir)))
}

func TestCerts_KeepKeysSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made(t, certsCommand{Dir: dir}, time.Now())
	for name, mode := range map[string]os.FileMode{"ca.crt": 0o644, "ca.key": 0o600, "member.crt": 0o644, "member.key": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode(), name)
	}
}

func TestCerts_RefuseUnsuitableFolders(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	taken := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(taken, "ca.crt"), 0o700))
	inTheWay := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(inTheWay, "ca.key", "full"), 0o700))
	for name, c := range map[string]struct{ dir, fault string }{
		"a file":              {file, "not a directory"},
		"below a file":        {filepath.Join(file, "certs"), "not a directory"},
		"no file to read":     {taken, "is a directory"},
		"a folder in the way": {inTheWay, "file exists"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := certsCommand{Dir: c.dir}.ensure(time.Now())
			require.ErrorContains(t, err, c.fault)
			require.ErrorContains(t, err, c.dir)
		})
	}
	require.Len(t, contents(t, filepath.Dir(file)), 1, "no temporary file is left")
}
