package eventra

import (
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Role decides what a user may do.
type Role string

// The roles of users.
const (
	RoleUser  Role = "USER"
	RoleAdmin Role = "ADMIN"
)

// Valid reports whether there is such a role.
func (r Role) Valid() bool { return r == RoleUser || r == RoleAdmin }

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
	Verified     bool // has shown to read the mails to Email
}

// UserFilter narrows the list of accounts. A zero field does not narrow it.
type UserFilter struct {
	Text string // the beginning of the address or of the name, in any case
	Role Role
}

// UserChange is what an administrator changes of an account. A zero field changes nothing.
type UserChange struct {
	UserID   ID
	Role     Role
	Disabled *bool
}

// Of returns the account after the change.
func (c *UserChange) Of(u *User) *User {
	after := *u
	if c.Role != "" {
		after.Role = c.Role
	}
	if c.Disabled != nil {
		after.Disabled = *c.Disabled
	}
	return &after
}

// Administers reports whether the user is an administrator who may sign in.
func (u *User) Administers() bool { return u.Role == RoleAdmin && !u.Disabled }

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
	if err != nil || addr.Address != email || len(email) > EmailMaxBytes || !utf8.ValidString(email) ||
		strings.ContainsFunc(email, forbiddenInEmail) || !isHostName(email[strings.LastIndexByte(email, '@')+1:]) {
		f.Add(field, "invalid_email", "must be an e-mail address of at most %d bytes", EmailMaxBytes)
	}
}

// forbiddenInEmail reports characters that nobody sees, so two addresses would look alike.
func forbiddenInEmail(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Z, unicode.Variation_Selector) || hidden(r) || r == brailleBlank || r == utf8.RuneError
}

// isHostName reports whether a mail domain has a name, and is no IP address: those end in a
// number or have colons or brackets, names do not.
func isHostName(domain string) bool {
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err != nil && !strings.ContainsAny(domain, "[]:")
}

// ValidatePassword checks the length in bytes, that bcrypt reads all of it (a NUL would end
// its input), and that it is not among the first that a stranger tries.
func ValidatePassword(f *Faults, field, password, email string) {
	switch {
	case len(password) < PasswordMinBytes || len(password) > PasswordMaxBytes:
		f.Add(field, "length", "must have %d to %d bytes", PasswordMinBytes, PasswordMaxBytes)
	case strings.ContainsRune(password, 0):
		f.Add(field, "invalid", "must not contain a NUL character")
	case guessable(password, email):
		f.Add(field, "too_common", "must not be the e-mail address, one of the most common passwords, or a character repeated")
	}
}

// ValidateName checks a person's name.
func ValidateName(f *Faults, field, name string) { validateLine(f, field, name, 1, NameMaxRunes) }
