package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// pair is a certificate and its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey // nil if it was not read
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

// write writes the key first, so that every certificate has its key.
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

// writePEM replaces a file atomically.
func writePEM(file, kind string, der []byte, mode fs.FileMode) (err error) {
	//nolint:gosec // G301: certificates are public; the keys have modes of their own
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
