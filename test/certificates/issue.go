package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"time"
)

// memberName is the DNS name that members expect in each other's certificates.
const memberName = "eventra.cluster"

// validity is longer than any run.
const validity = 24 * time.Hour

// issue makes an authority, and one certificate that all members share.
func issue(files Files) error {
	now := time.Now()
	authorityKey, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	memberKey, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cluster test authority"},
		NotBefore: now.Add(-time.Minute), NotAfter: now.Add(validity),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	member := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: memberName}, DNSNames: []string{memberName},
		NotBefore: now.Add(-time.Minute), NotAfter: now.Add(validity), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	authorityDER, err1 := x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey)
	memberDER, err2 := x509.CreateCertificate(rand.Reader, member, authority, &memberKey.PublicKey, authorityKey)
	keyDER, err3 := x509.MarshalPKCS8PrivateKey(memberKey)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	return errors.Join(
		write(files.CA, "CERTIFICATE", authorityDER),
		write(files.Certificate, "CERTIFICATE", memberDER),
		write(files.Key, "PRIVATE KEY", keyDER))
}

func write(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
