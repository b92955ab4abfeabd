package auth

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"github.com/eventra/eventra"
)

// NormalizeEmail makes addresses equal that differ by case, by spaces around them, by how
// their letters are composed, or by how their domain is written (bücher.example is
// xn--bcher-kva.example).
func NormalizeEmail(s string) string {
	s = norm.NFC.String(eventra.NormalizeEmail(norm.NFC.String(s)))
	at := strings.LastIndexByte(s, '@')
	if domain, err := idna.Lookup.ToUnicode(s[at+1:]); err == nil {
		return s[:at+1] + domain
	}
	return s
}

// NormalizeName composes the letters of a person's name.
func NormalizeName(s string) string { return norm.NFC.String(s) }

// NormalizePassword prepares a password as RFC 8265 has it (OpaqueString): keyboards compose
// the same letter in different ways. What the RFC does not allow stays as it is.
func NormalizePassword(s string) string {
	if prepared, err := precis.OpaqueString.String(s); err == nil {
		return prepared
	}
	return s
}
