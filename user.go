package eventra

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

// Role decides what a user may do.
type Role string

// The roles of users.
const (
	RoleUser  Role = "USER"
	RoleAdmin Role = "ADMIN"
)

// User is a person with an account.
type User struct {
	ID           ID
	Email        string // normalized; see NormalizeEmail
	Name         string
	Role         Role
	PasswordHash []byte // bcrypt
	CreatedAt    time.Time
	// TokenVersion grows, and all sessions and access tokens of lower versions end, when the
	// role or the password changes, or when the user is disabled or enabled.
	TokenVersion int
	Disabled     bool // may not sign in
}

// Limits of a user's details.
const (
	PasswordMinBytes = 8
	PasswordMaxBytes = 72 // bcrypt reads no further; a longer password is refused rather than cut
	NameMaxRunes     = 100
	EmailMaxBytes    = 254 // RFC 5321, 4.5.3.1.3 less the angle brackets
)

// NormalizeEmail trims an address and makes it lower-case, so that no two users
// differ by case alone.
func NormalizeEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// ValidateEmail checks a normalized address against RFC 5322's addr-spec.
func ValidateEmail(f *Faults, field, email string) {
	addr, err := mail.ParseAddress(email)
	if err != nil || addr.Address != email || len(email) > EmailMaxBytes || !utf8.ValidString(email) {
		f.Add(field, "invalid_email", "must be an e-mail address of at most %d bytes", EmailMaxBytes)
	}
}

// ValidatePassword checks the length in bytes, and that bcrypt reads all of it: a
// NUL would end its input.
func ValidatePassword(f *Faults, field, password string) {
	if len(password) < PasswordMinBytes || len(password) > PasswordMaxBytes {
		f.Add(field, "length", "must have %d to %d bytes", PasswordMinBytes, PasswordMaxBytes)
	} else if strings.ContainsRune(password, 0) {
		f.Add(field, "invalid", "must not contain a NUL character")
	}
}

// ValidateName checks a person's name.
func ValidateName(f *Faults, field, name string) { validateLine(f, field, name, 1, NameMaxRunes) }

// validateLine checks text that must be a single line, because it may end up in a
// mail's subject.
func validateLine(f *Faults, field, s string, minRunes, maxRunes int) {
	if strings.ContainsAny(s, "\n\r\t") {
		f.Add(field, "invalid_text", "must be a single line")
		return
	}
	validateText(f, field, s, minRunes, maxRunes)
}

// validateText checks that s is printable text of minRunes to maxRunes characters,
// and not blank if minRunes is more than zero.
func validateText(f *Faults, field, s string, minRunes, maxRunes int) {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, forbiddenInText):
		f.Add(field, "invalid_text", "must be UTF-8 text without control characters")
	case n < minRunes || n > maxRunes:
		f.Add(field, "length", "must have %d to %d characters", minRunes, maxRunes)
	case minRunes > 0 && strings.TrimSpace(s) == "":
		f.Add(field, "blank", "must not be blank")
	}
}

func forbiddenInText(r rune) bool {
	return (r < ' ' && r != '\n' && r != '\t' && r != '\r') || r == 0x7f
}
