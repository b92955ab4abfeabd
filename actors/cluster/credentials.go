package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
)

// ServerName is the name in every member's certificate. Members verify this name
// of each other whatever address they dial, since addresses come and go.
const ServerName = "eventra.cluster"

// Credentials are a member's certificate and the authority that issues the
// certificates of all members.
type Credentials struct {
	authority         *x509.CertPool
	certFile, keyFile string
}

// LoadCredentials reads PEM files. Each connection reads the certificate again,
// so that it can be renewed while the member runs.
func LoadCredentials(authorityFile, certFile, keyFile string) (*Credentials, error) {
	pem, err := os.ReadFile(authorityFile)
	if err != nil {
		return nil, err
	}
	c := &Credentials{x509.NewCertPool(), certFile, keyFile}
	if !c.authority.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate", authorityFile)
	}
	own, err := c.own()
	if err != nil {
		return nil, err
	}
	if err := c.verify(own.Leaf, x509.ExtKeyUsageServerAuth); err != nil {
		return nil, fmt.Errorf("%s: other members would refuse it: %w", certFile, err)
	}
	return c, nil
}

func (c *Credentials) own() (*tls.Certificate, error) {
	own, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	return &own, err
}

func (c *Credentials) verify(peer *x509.Certificate, usage x509.ExtKeyUsage) error {
	_, err := peer.Verify(x509.VerifyOptions{DNSName: ServerName, Roots: c.authority, KeyUsages: []x509.ExtKeyUsage{usage}})
	return err
}

// server accepts connections only from peers with a certificate of the authority
// and the members' name.
func (c *Credentials) server() credentials.TransportCredentials {
	return credentials.NewTLS(&tls.Config{
		MinVersion:     tls.VersionTLS13,
		ClientAuth:     tls.RequireAndVerifyClientCert,
		ClientCAs:      c.authority,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.own() },
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 {
				return errors.New("no certificate")
			}
			return state.PeerCertificates[0].VerifyHostname(ServerName)
		},
	})
}

// client connects only to such peers.
func (c *Credentials) client() credentials.TransportCredentials {
	return credentials.NewTLS(&tls.Config{
		MinVersion:           tls.VersionTLS13,
		ServerName:           ServerName,
		RootCAs:              c.authority,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.own() },
	})
}
