package eventra

import "time"

// AccountMail is a mail about an account, as it is written with what it tells.
type AccountMail struct {
	Kind    MailKind
	Address string // where it goes
	UserID  ID     // zero: of whoever has the address, if anybody has
	// Token is that of the mail's link. Zero: the mail has none.
	Token OneTimeToken
}

// OneTimeToken is what its holder proves with that mails to an address are read, once. The
// token itself is kept nowhere: it is made of the id, with a secret.
type OneTimeToken struct {
	ID        ID
	Hash      [32]byte // SHA-256
	ExpiresAt time.Time
}

// AccountMailsPerHour bounds the mails of one kind to one address. A token for a forgotten
// password lives for an hour, so whoever asks for too many keeps nobody from a good one.
const AccountMailsPerHour = 5

// Lives of one-time tokens.
const (
	VerifyTokenLife = 24 * time.Hour
	ResetTokenLife  = time.Hour
)

// Verification is what a followed link in a mail to an address has come to.
type Verification struct {
	UserID  ID
	Changed bool // the address is a new one
}

// PasswordReset replaces a forgotten password, and ends all sessions and tokens of its user.
type PasswordReset struct {
	Token [32]byte // the hash
	Hash  []byte   // of the new password
}

// AddressChange asks for another address of an account. It counts once a link in Mail, to the
// new address, was followed.
type AddressChange struct {
	UserID       ID
	TokenVersion int // of the user, as the check of the password found it
	Mail         AccountMail
	Told         *AccountMail // to the address that the account has; nil if that is not verified
}

// Erasure ends an account, and leaves its person's bookings and payments without a person.
type Erasure struct {
	UserID       ID
	TokenVersion int    // of the user, as the check of the password found it
	NoPassword   []byte // a hash that no password has
}

// AccountExport is all that is kept about a user, newest first.
type AccountExport struct {
	User     *User
	Sessions []OpenSession
	Bookings []BookingRecord
	Next     *Cursor // of the bookings after these; nil if these are all
	Mails    []SentAccountMail
}

// SentAccountMail is a mail about an account, as it is kept.
type SentAccountMail struct {
	Kind      MailKind
	Address   string
	CreatedAt time.Time
	EndedAt   time.Time // when a mail server had accepted it, or it was withheld; zero while it is due
	Withheld  bool
}
