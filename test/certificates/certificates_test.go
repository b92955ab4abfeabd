package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIssue_MembersTrustEachOther(t *testing.T) {
	folder := t.TempDir()
	files := Files{filepath.Join(folder, "ca.crt"), filepath.Join(folder, "member.crt"), filepath.Join(folder, "member.key")}
	require.NoError(t, issue(files))
	pair, err := tls.LoadX509KeyPair(files.Certificate, files.Key)
	require.NoError(t, err)
	authority, err := os.ReadFile(files.CA)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(authority))

	ours, theirs := net.Pipe()
	server := tls.Server(theirs, &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert})
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	client := tls.Client(ours, &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool, ServerName: memberName})
	require.NoError(t, client.Handshake())
	require.NoError(t, <-done)
}
