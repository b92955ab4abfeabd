package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/eventra/eventra/actors/cluster"
)

const (
	caLife     = 10 * 365 * 24 * time.Hour
	memberLife = 365 * 24 * time.Hour
	// memberRenewal: less than this share of its life left, and a certificate
	// is renewed, so that there are months to notice that nobody did.
	memberRenewal = 3
	// clockSkew is how far behind a member's clock may be.
	clockSkew = time.Hour
)

type certsCommand struct {
	Dir   string `arg:"" help:"The folder to write ca.crt, ca.key, member.crt and member.key to."`
	CAKey string `name:"ca-key" placeholder:"FILE" help:"Where the authority's key is kept, if not in that folder: members need all but this."`
	Force bool   `help:"Make all anew. Members that have the old files no longer trust those with new ones."`
}

// Run makes what is missing and renews what runs out.
func (c certsCommand) Run() error {
	did, err := c.ensure(time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Println(did)
	return err
}

// ensure leaves the files alone if they will do, and tells what it did.
func (c certsCommand) ensure(now time.Time) (did string, err error) {
	if c.CAKey == "" {
		c.CAKey = filepath.Join(c.Dir, "ca.key")
	}
	caFile := filepath.Join(c.Dir, "ca.crt")
	memberFile, memberKeyFile := filepath.Join(c.Dir, "member.crt"), filepath.Join(c.Dir, "member.key")

	ca, err := readAuthority(caFile, now)
	made := c.Force || errors.Is(err, fs.ErrNotExist)
	if made {
		if ca, err = newAuthority(now); err == nil {
			err = ca.write(caFile, c.CAKey)
		}
	}
	if err != nil {
		return "", err
	}
	if member, err := readPair(memberFile, memberKeyFile); !made && err == nil && ca.vouchesFor(member.cert, now) {
		return "nothing to do: member.crt is good until " + day(member.cert), nil
	}
	if ca.key == nil {
		if ca.pair, err = readPair(caFile, c.CAKey); err != nil {
			return "", fmt.Errorf("the member's certificate needs the authority's key: %w", err)
		}
	}
	member, err := ca.issue(now)
	if err != nil {
		return "", err
	}
	if err := member.write(memberFile, memberKeyFile); err != nil {
		return "", err
	}
	did = "member.crt made, good until " + day(member.cert)
	if made {
		did = "ca.crt made, good until " + day(ca.cert) + "; " + did
	}
	return did, nil
}

func day(cert *x509.Certificate) string { return cert.NotAfter.Format(time.DateOnly) }

// pair is a certificate and its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey // nil if it was not needed
}

// authority is who signs members' certificates.
type authority struct{ pair }

func newAuthority(now time.Time) (*authority, error) {
	p, err := sign(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "Eventra cluster authority"},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(caLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, nil)
	return &authority{p}, err
}

// readAuthority reads an authority without its key. One that is there but will
// not do is an error: to replace it is to cut members off from each other.
func readAuthority(file string, now time.Time) (*authority, error) {
	cert, err := readCertificate(file)
	switch {
	case err != nil:
		return nil, err
	case !cert.IsCA:
		return nil, fmt.Errorf("%s is no authority's certificate; --force makes all anew", file)
	case now.After(cert.NotAfter):
		return nil, fmt.Errorf("%s ran out on %s; --force makes all anew", file, day(cert))
	}
	return &authority{pair{cert: cert}}, nil
}

// issue makes a member's certificate.
func (a *authority) issue(now time.Time) (pair, error) {
	notAfter := now.Add(memberLife)
	if a.cert.NotAfter.Before(notAfter) {
		notAfter = a.cert.NotAfter
	}
	return sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "Eventra cluster member"},
		DNSNames:    []string{cluster.ServerName, "localhost"},
		NotBefore:   now.Add(-clockSkew),
		NotAfter:    notAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: memberUsages[:],
	}, &a.pair)
}

// memberUsages: each member listens and dials.
var memberUsages = [...]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}

// vouchesFor tells whether peers will accept a member's certificate, and for
// long enough.
func (a *authority) vouchesFor(member *x509.Certificate, now time.Time) bool {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	for _, usage := range memberUsages {
		if _, err := member.Verify(x509.VerifyOptions{DNSName: cluster.ServerName, Roots: roots, CurrentTime: now,
			KeyUsages: []x509.ExtKeyUsage{usage}}); err != nil {
			return false
		}
	}
	return member.NotAfter.Sub(now) >= member.NotAfter.Sub(member.NotBefore)/memberRenewal
}

// sign completes a template, makes its key and has it signed by parent, or by
// itself if there is none.
func sign(template *x509.Certificate, parent *pair) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return pair{}, err
	}
	if parent == nil {
		parent = &pair{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, key.Public(), parent.key)
	if err != nil {
		return pair{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return pair{cert, key}, err
}

const pemCertificate, pemKey = "CERTIFICATE", "PRIVATE KEY"

func readCertificate(file string) (*x509.Certificate, error) {
	der, err := readPEM(file, pemCertificate)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return cert, nil
}

func readPair(certFile, keyFile string) (p pair, err error) {
	if p.cert, err = readCertificate(certFile); err != nil {
		return p, err
	}
	der, err := readPEM(keyFile, pemKey)
	if err != nil {
		return p, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return p, fmt.Errorf("%s: %w", keyFile, err)
	}
	var ours bool
	if p.key, ours = key.(*ecdsa.PrivateKey); !ours || !p.key.PublicKey.Equal(p.cert.PublicKey) {
		return p, fmt.Errorf("%s is not the key of %s", keyFile, certFile)
	}
	return p, nil
}

func readPEM(file, kind string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%s holds no PEM block %q", file, kind)
	}
	return block.Bytes, nil
}

// write writes the key first: a certificate that is there has its key.
func (p pair) write(certFile, keyFile string) error {
	key, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return err
	}
	if err := writePEM(keyFile, pemKey, key, 0o600); err != nil {
		return err
	}
	return writePEM(certFile, pemCertificate, p.cert.Raw, 0o644)
}

// writePEM replaces a file at once or not at all.
func writePEM(file, kind string, der []byte, mode fs.FileMode) (err error) {
	//nolint:gosec // G301: certificates are for everybody to read; the keys have modes of their own
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
		}
	}()
	err = pem.Encode(temporary, &pem.Block{Type: kind, Bytes: der})
	if err = errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}
