package http

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/eventra/eventra"
)

// A cursor is the base64url encoding of a version, microseconds since 1970, an id, and
// a MAC of these and of the list that the cursor belongs to.
const (
	cursorVersion  = 1
	cursorMACBytes = 16
	cursorBytes    = 1 + 8 + 16

	// A cursor of a split list has more: microseconds since 1970 of the split, and
	// whether the item is past it.
	splitCursorVersion = 2
	splitCursorBytes   = cursorBytes + 8 + 1

	// A cursor of a list that is sorted by a text has whether the item is in its second part, and the text.
	textCursorVersion = 3
	textCursorAt      = cursorBytes + 1
)

// cursorSealer makes cursors with its first key, and recognises those of all.
type cursorSealer struct{ keys [][]byte }

func newCursorSealer(secrets [][]byte) (s cursorSealer) {
	for _, secret := range secrets {
		s.keys = append(s.keys, deriveKey(secret, "cursor"))
	}
	return s
}

// seal encodes a cursor of the list that scope names by its kind, owner and filters.
func (s cursorSealer) seal(c *eventra.Cursor, scope ...string) *string {
	if c == nil {
		return nil
	}
	sealed := make([]byte, 0, splitCursorBytes+cursorMACBytes)
	sealed = append(sealed, cursorVersion)
	sealed = binary.BigEndian.AppendUint64(sealed, uint64(c.Time.UnixMicro()))
	sealed = append(sealed, c.ID[:]...)
	past := byte(0)
	if c.Past {
		past = 1
	}
	switch {
	case c.Text != "":
		sealed[0] = textCursorVersion
		sealed = append(append(sealed, past), c.Text...)
	case !c.Split.IsZero():
		sealed[0] = splitCursorVersion
		sealed = append(binary.BigEndian.AppendUint64(sealed, uint64(c.Split.UnixMicro())), past)
	}
	text := base64.RawURLEncoding.EncodeToString(append(sealed, cursorMAC(s.keys[0], sealed, scope)...))
	return &text
}

// open decodes a cursor that seal made for the same list.
func (s cursorSealer) open(text string, scope ...string) (*eventra.Cursor, bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(sealed) < cursorBytes+cursorMACBytes {
		return nil, false
	}
	content, mac := sealed[:len(sealed)-cursorMACBytes], sealed[len(sealed)-cursorMACBytes:]
	if !slices.ContainsFunc(s.keys, func(key []byte) bool { return hmac.Equal(mac, cursorMAC(key, content, scope)) }) {
		return nil, false
	}
	c := &eventra.Cursor{Time: cursorTime(content[1:]), ID: eventra.ID(content[9:cursorBytes])}
	switch {
	case content[0] == cursorVersion && len(content) == cursorBytes:
		return c, true
	case content[0] == splitCursorVersion && len(content) == splitCursorBytes:
		c.Split, c.Past = cursorTime(content[cursorBytes:]), content[splitCursorBytes-1] == 1
		return c, true
	case content[0] == textCursorVersion && len(content) > textCursorAt:
		c.Past, c.Text = content[cursorBytes] == 1, string(content[textCursorAt:])
		return c, true
	}
	return nil, false
}

func cursorTime(content []byte) time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(content))).UTC()
}

func cursorMAC(key, content []byte, scope []string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(content)
	mac.Write([]byte(strings.Join(scope, "\x00"))) // no parameter contains it
	return mac.Sum(nil)[:cursorMACBytes]
}
