//go:build !race

package cluster_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/remote"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/eventra/eventra/actors/cluster"
)

// authority issues certificates to members.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.cert, a.key = a.issue("ca", template, nil)
	return a
}

func (a *authority) issue(name string, template, parent *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	signer := a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(a.t, err)
	raw, err := x509.MarshalECPrivateKey(key)
	require.NoError(a.t, err)
	for file, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "EC PRIVATE KEY", Bytes: raw}} {
		require.NoError(a.t, os.WriteFile(filepath.Join(a.dir, name+file), pem.EncodeToMemory(block), 0o600))
	}
	cert, err := x509.ParseCertificate(der)
	require.NoError(a.t, err)
	return cert, key
}

// member issues a certificate for a name.
func (a *authority) member(dnsName string) (crt, key string) {
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{dnsName}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	a.issue(dnsName, template, a.cert)
	return filepath.Join(a.dir, dnsName+".crt"), filepath.Join(a.dir, dnsName+".key")
}

func (a *authority) file() string { return filepath.Join(a.dir, "ca.crt") }

func (a *authority) credentials(t *testing.T) *cluster.Credentials {
	crt, key := a.member(cluster.ServerName)
	c, err := cluster.LoadCredentials(a.file(), crt, key)
	require.NoError(t, err)
	return c
}

func secured(c *cluster.Credentials) func(*cluster.Config) {
	return func(config *cluster.Config) { config.Credentials = c }
}

func addressOf(t *testing.T, n *cluster.Node) string {
	all, err := n.Describe()
	require.NoError(t, err)
	for _, m := range all.Members {
		if m.Self {
			return m.Address
		}
	}
	return ""
}

func TestNode_AsksMembersOverTLS(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	a := newAuthority(t)
	one, two := c.node(secured(a.credentials(t))), c.node(secured(a.credentials(t)))
	c.awaitMembers(one, 2)
	for _, event := range someEvents(10) {
		require.NoError(t, ask(one, event))
		require.NoError(t, ask(two, event))
	}
}

// connect tries to open a stream as members do, and to send on it.
func connect(t *testing.T, address string, transport credentials.TransportCredentials, token string, messages ...*remote.RemoteMessage) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(transport))
	require.NoError(t, err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "eventra-member", token)
	}
	stream, err := remote.NewRemotingClient(conn).Receive(ctx)
	if err != nil {
		return err
	}
	for _, message := range messages {
		_ = stream.Send(message) // Recv returns its end
	}
	_, err = stream.Recv()
	return err
}

func hello() *remote.RemoteMessage {
	return &remote.RemoteMessage{MessageType: &remote.RemoteMessage_ConnectRequest{ConnectRequest: &remote.ConnectRequest{
		ConnectionType: &remote.ConnectRequest_ServerConnection{ServerConnection: &remote.ServerConnection{MemberId: "x", Address: "127.0.0.1:1"}}}}}
}

func TestNode_RejectsPeersThatAreNoMembers(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	a := newAuthority(t)
	n := c.node(secured(a.credentials(t)))
	address := addressOf(t, n)
	withCert := func(from *authority, name string) credentials.TransportCredentials {
		crt, key := from.member(name)
		own, err := tls.LoadX509KeyPair(crt, key)
		require.NoError(t, err)
		return credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{own}, InsecureSkipVerify: true})
	}
	for name, peer := range map[string]credentials.TransportCredentials{
		"without TLS":                 insecure.NewCredentials(),
		"without a certificate":       credentials.NewTLS(&tls.Config{InsecureSkipVerify: true}),
		"of another authority":        withCert(newAuthority(t), cluster.ServerName),
		"of ours, for another name":   withCert(a, "somebody.else"),
		"a member without the secret": withCert(a, cluster.ServerName),
	} {
		require.Error(t, connect(t, address, peer, "", hello()), name)
	}
	require.NoError(t, ask(n, someEvents(1)[0]))
}

// The peer has the secret and sends messages over which the library panics.
func TestNode_SurvivesMaliciousMessages(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	n := c.node()
	address := addressOf(t, n)
	require.Equal(t, codes.Unauthenticated, status.Code(connect(t, address, insecure.NewCredentials(), "", hello())))

	token := cluster.MemberToken([]byte("secret"))
	badTarget := &remote.RemoteMessage{MessageType: &remote.RemoteMessage_MessageBatch{MessageBatch: &remote.MessageBatch{
		TypeNames: []string{"eventra.wire.v1.Envelope"}, Envelopes: []*remote.MessageEnvelope{{Target: 7}}}}}
	require.Equal(t, codes.Internal, status.Code(connect(t, address, insecure.NewCredentials(), token, badTarget)))

	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	client := remote.NewRemotingClient(conn)
	_, err = client.ListProcesses(t.Context(), &remote.ListProcessesRequest{})
	require.Equal(t, codes.Unimplemented, status.Code(err))
	_, err = client.GetProcessDiagnostics(t.Context(), &remote.GetProcessDiagnosticsRequest{})
	require.Equal(t, codes.Unimplemented, status.Code(err))
	require.NoError(t, ask(n, someEvents(1)[0]), "the node still answers")
}

// A peer that is connecting when a member is evicted is disconnected at once, so
// that it connects to the next incarnation at the same address.
func TestNode_DisconnectsPeersWhenEvicted(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	n := c.node()
	before := n.Incarnation()
	conn, err := grpc.NewClient(addressOf(t, n), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	stream, err := remote.NewRemotingClient(conn).Receive(metadata.AppendToOutgoingContext(t.Context(), "eventra-member", cluster.MemberToken([]byte("secret"))))
	require.NoError(t, err)
	disconnected := make(chan error, 1)
	go func() {
		_, err := stream.Recv()
		disconnected <- err
	}()
	c.exec("DELETE FROM cluster_members")
	c.eventually("a new incarnation", func() bool { return n.Incarnation() != nil && n.Incarnation() != before })
	select {
	case err := <-disconnected:
		require.Error(t, err)
	case <-time.After(3 * time.Second):
		require.Fail(t, "the old incarnation still holds its peer")
	}
}

func TestLoadCredentials_RejectsInvalidFiles(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t), newAuthority(t)
	crt, key := a.member(cluster.ServerName)
	wrongCrt, wrongKey := a.member("somebody.else")
	for name, files := range map[string][3]string{
		"no such file":        {"nowhere", crt, key},
		"not a certificate":   {key, crt, key},
		"a key of another":    {a.file(), crt, wrongKey},
		"not a member's name": {a.file(), wrongCrt, wrongKey},
		"another authority":   {other.file(), crt, key},
	} {
		_, err := cluster.LoadCredentials(files[0], files[1], files[2])
		require.Error(t, err, name)
	}
}

func TestConfig_CheckRejectsInvalidAddresses(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]cluster.Config{
		"no port":                              {Listen: "127.0.0.1"},
		"no TLS on all interfaces":             {Listen: "0.0.0.0:7400", Advertise: "10.0.0.1:7400"},
		"no TLS on a name":                     {Listen: "localhost:7400"},
		"all interfaces, no address":           {Listen: "0.0.0.0:7400", Credentials: &cluster.Credentials{}},
		"an advertised address without a port": {Listen: "0.0.0.0:7400", Advertise: "host", Credentials: &cluster.Credentials{}},
	} {
		require.Error(t, config.Check(), name)
	}
}

func knowing(secrets ...string) func(*cluster.Config) {
	return func(config *cluster.Config) {
		config.Secrets = nil
		for _, secret := range secrets {
			config.Secrets = append(config.Secrets, []byte(secret))
		}
	}
}

// Each step of a rotation runs beside the one before.
func TestNode_MembersWithASecretInCommonAreOneCluster(t *testing.T) {
	t.Parallel()
	for _, step := range [][2][]string{
		{{"old"}, {"old", "new"}},
		{{"old"}, {"new", "old"}},
		{{"old", "new"}, {"new", "old"}},
		{{"new", "old"}, {"new"}},
		{{"a", "b", "c"}, {"d", "c"}},
	} {
		c := newTestCluster(t)
		one, two := c.node(knowing(step[0]...)), c.node(knowing(step[1]...))
		c.awaitMembers(one, 2)
		c.awaitMembers(two, 2)
		for _, event := range someEvents(10) {
			require.NoError(t, ask(one, event), step)
			require.NoError(t, ask(two, event), step)
		}
	}
	c := newTestCluster(t)
	n := c.node(knowing("new"))
	for _, shown := range []string{"", ",", cluster.MemberToken([]byte("old")), cluster.MemberToken([]byte("new"))[:8], "," + cluster.MemberToken(nil)} {
		require.Equal(t, codes.Unauthenticated, status.Code(connect(t, addressOf(t, n), insecure.NewCredentials(), shown, hello())), shown)
	}
}
