package eventra

import (
	"bytes"
	"encoding/hex"
	"errors"
)

// ID identifies a user, an event, a booking or a payment. It is the 16 bytes of a
// UUID, of version 7 if this program made it.
type ID [16]byte

// ErrBadID says that a text is not the canonical form of a UUID.
var ErrBadID = errors.New("not a UUID")

const idTextLen = 36

// ParseID reads the canonical 36-character form, in either case.
func ParseID(s string) (ID, error) {
	var id ID
	err := id.UnmarshalText([]byte(s))
	return id, err
}

// IsZero reports whether the id is the zero UUID, which stands for none.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders ids by their bytes. UUIDs of version 7 are ordered by the time
// at which they were made.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// String returns the canonical lower-case form.
func (id ID) String() string {
	text := id.text()
	return string(text[:])
}

// MarshalText writes the canonical lower-case form.
func (id ID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// AppendText implements encoding.TextAppender.
func (id ID) AppendText(b []byte) ([]byte, error) {
	text := id.text()
	return append(b, text[:]...), nil
}

func (id ID) text() (text [idTextLen]byte) {
	hex.Encode(text[0:8], id[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], id[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], id[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], id[8:10])
	text[23] = '-'
	hex.Encode(text[24:36], id[10:16])
	return text
}

// UnmarshalText reads the canonical form; anything else is [ErrBadID].
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) != idTextLen || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return ErrBadID
	}
	var digits [32]byte
	copy(digits[0:8], text[0:8])
	copy(digits[8:12], text[9:13])
	copy(digits[12:16], text[14:18])
	copy(digits[16:20], text[19:23])
	copy(digits[20:32], text[24:36])
	var parsed ID
	if _, err := hex.Decode(parsed[:], digits[:]); err != nil {
		return ErrBadID
	}
	*id = parsed
	return nil
}
