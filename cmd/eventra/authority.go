package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"github.com/eventra/eventra/actors/cluster"
)

const (
	caLife     = 10 * 365 * 24 * time.Hour
	memberLife = 365 * 24 * time.Hour
	// memberRenewal is the divisor of a certificate's life: it is renewed in the last
	// third, so that a missed renewal is noticed months ahead.
	memberRenewal = 3
	// clockSkew is how far behind a member's clock may run.
	clockSkew = time.Hour
)

// authority signs members' certificates.
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

// readAuthority reads an authority without its key. An unusable one is an error:
// members with its certificates would not trust those of a new one.
func readAuthority(file string, now time.Time) (*authority, error) {
	cert, err := readCertificate(file)
	switch {
	case err != nil:
		return nil, err
	case !cert.IsCA:
		return nil, fmt.Errorf("%s is no authority's certificate; --force makes all files anew", file)
	case now.After(cert.NotAfter):
		return nil, fmt.Errorf("%s ran out on %s; --force makes all files anew", file, day(cert))
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

// memberUsages are of both sides: each member listens and dials.
var memberUsages = [...]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}

// vouchesFor reports whether peers accept a member's certificate, and will for long
// enough.
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

// sign completes a template with a new key, and signs it by parent, or by itself if
// parent is nil.
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
