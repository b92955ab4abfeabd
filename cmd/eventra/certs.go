package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

type certsCommand struct {
	Dir   string `arg:"" help:"The folder to write ca.crt, ca.key, member.crt and member.key to."`
	CAKey string `name:"ca-key" placeholder:"FILE" help:"Where the authority's key is, if not in that folder. Members need all files but this."`
	Force bool   `help:"Make all files anew. Members that have the old ones no longer trust members that have the new ones."`
}

// Run makes missing files and renews expiring ones.
func (c certsCommand) Run() error {
	did, err := c.ensure(time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Println(did)
	return err
}

// ensure makes and renews files where that is needed, and returns a sentence that
// says what it did.
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
