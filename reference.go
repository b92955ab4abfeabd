package eventra

import (
	"errors"
	"slices"
	"strings"
)

// Reference is the number of a booking that people use: they say and type its text, such as
// 7K3M-9QXD. The store gives each booking one of its own when it is made. Zero stands for none.
type Reference int64

// ErrBadReference says that a text is no reference of a booking.
var ErrBadReference = errors.New("not a reference of a booking")

const (
	referenceDigits = 8
	referenceHalf   = 20 // bits of each half of the number
	referenceMask   = 1<<referenceHalf - 1

	// ReferenceMax is the highest number of a booking.
	ReferenceMax Reference = 1<<(2*referenceHalf) - 1

	// crockford are the digits of Crockford's base 32: no I, L, O or U.
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// referenceKeys make the permutation. Other keys would give bookings other references, so they
// never change.
var referenceKeys = [...]uint32{0x5bd1e995, 0x1b873593, 0x38b34ae5, 0xcc9e2d51}

// ParseReference reads the text of a reference as people write it: in either case, with or
// without the hyphen, with I or L for 1 and O for 0. Anything else is [ErrBadReference].
func ParseReference(text string) (Reference, error) {
	var code uint64
	digits := 0
	for _, digit := range strings.ToUpper(strings.TrimSpace(text)) {
		if digit == '-' || digit == ' ' {
			continue
		}
		value := strings.IndexRune(crockford, meant(digit))
		if digits++; value < 0 || digits > referenceDigits {
			return 0, ErrBadReference
		}
		code = code<<5 | uint64(value)
	}
	number := unscramble(code)
	if digits < referenceDigits || number == 0 {
		return 0, ErrBadReference
	}
	return Reference(number), nil
}

// meant is the digit that a letter is taken for.
func meant(letter rune) rune {
	switch letter {
	case 'I', 'L':
		return '1'
	case 'O':
		return '0'
	}
	return letter
}

// IsZero reports whether there is no reference.
func (r Reference) IsZero() bool { return r == 0 }

// String returns the text of the reference, empty for none.
func (r Reference) String() string {
	text, _ := r.AppendText(nil)
	return string(text)
}

// MarshalText returns the text of the reference.
func (r Reference) MarshalText() ([]byte, error) { return r.AppendText(nil) }

// AppendText implements encoding.TextAppender.
func (r Reference) AppendText(b []byte) ([]byte, error) {
	if r == 0 {
		return b, nil
	}
	code := scramble(uint64(r))
	for at := referenceDigits - 1; at >= 0; at-- {
		if at == referenceDigits/2-1 {
			b = append(b, '-')
		}
		b = append(b, crockford[code>>(5*at)&31])
	}
	return b, nil
}

// scramble is a Feistel network: a permutation of all numbers of 40 bits, under which neighbours
// look nothing alike. It hides nothing from somebody who knows it.
func scramble(number uint64) uint64 {
	left, right := uint32(number>>referenceHalf), uint32(number&referenceMask)
	for _, key := range referenceKeys {
		left, right = right, left^mix(right, key)
	}
	return uint64(left)<<referenceHalf | uint64(right)
}

// unscramble undoes scramble.
func unscramble(code uint64) uint64 {
	left, right := uint32(code>>referenceHalf), uint32(code&referenceMask)
	for _, key := range slices.Backward(referenceKeys[:]) {
		left, right = right^mix(left, key), left
	}
	return uint64(left)<<referenceHalf | uint64(right)
}

// mix makes half a number of half a number.
func mix(half, key uint32) uint32 {
	half = (half ^ key) * 0x9e3779b1
	half ^= half >> 15
	half *= 0x85ebca6b
	return (half ^ half>>13) & referenceMask
}
