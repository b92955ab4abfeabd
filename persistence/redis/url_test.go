package redis_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"crypto/tls"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for address, fault := range map[string]string{
		"redis://localhost:6379/0":                               "",
		"rediss://user:pass@localhost:6379/3":                    "",
		"redis+sentinel://a:26379,b,[::1]:26380/2?master=sales":  "",
		"rediss+sentinel://u:p@a,b/2?master=m&sentinel_password": "",
		"redis+sentinel://a,b/0":                                 "needs ?master=NAME",
		"redis+sentinel://a,,b/0?master=m":                       "has no host",
		"redis://a/0?master=m":                                   "belong to redis+sentinel://",
		"redis://a/0?ca=/nowhere":                                "ca is for rediss://",
		"rediss://a/0?ca=/nowhere":                               "no such file",
		"redis://u:secret@a b/0":                                 "malformed",
		"redis://:12/secret@a/0":                                 "malformed",
		"redis://:12?secret@a/0":                                 "malformed",
		"redis://:12#secret@a/0":                                 "malformed",
		"redis+sentinel://u:12/secret@a,b/0?master=m":            "malformed",
		"redis:secret@a/0":                                       "malformed",
		"http://a/0":                                             "scheme",
		"redis://a/0?no_such=1":                                  "no_such",
	} {
		err := redis.CheckURL(address)
		if fault == "" {
			require.NoError(t, err, address)
			continue
		}
		require.ErrorContains(t, err, fault, address)
		require.NotContains(t, err.Error(), "secret")
	}
}

// A server that speaks TLS is used if its certificate is of the authority that the URL names.
func TestOpen_TrustsTheAuthorityOfTheURL(t *testing.T) {
	t.Parallel()
	plain, err := url.Parse(persistencetest.NewRedis(t))
	require.NoError(t, err)
	issuer := httptest.NewTLSServer(nil)
	t.Cleanup(issuer.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.Certificate().Raw}), 0o600))
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: issuer.TLS.Certificates})
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go forward(listener, plain.Host)

	address := "rediss://" + listener.Addr().String() + plain.Path
	require.NoError(t, openURL(t, address+"?ca="+url.QueryEscape(ca)).Ping(t.Context()))
	require.ErrorContains(t, openURL(t, address).Ping(t.Context()), "certificate")
}

// forward passes connections on until the listener is closed.
func forward(listener net.Listener, to string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			defer server.Close()
			go func() {
				_, _ = io.Copy(server, client)
				_ = server.Close()
			}()
			_, _ = io.Copy(client, server)
		}()
	}
}
