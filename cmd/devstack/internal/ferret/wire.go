package ferret

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A message of MongoDB's wire protocol: a header of four little-endian int32 (length of the whole, request id, response to,
// op code) and a body. See MongoDB's documentation, "Wire Protocol", and the specification of OP_MSG.
const (
	headerBytes = 16

	// maxMessageBytes is MongoDB's own limit, maxMessageSizeBytes.
	maxMessageBytes = 48_000_000

	opMsg = 2013

	flagChecksumPresent = 1 << 0
	flagMoreToCome      = 1 << 1

	sectionBody     = 0
	sectionSequence = 1
)

type message []byte

func readMessage(r io.Reader) (message, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header[:])
	if length < headerBytes || length > maxMessageBytes {
		return nil, fmt.Errorf("a message of %d bytes", length)
	}
	m := make(message, length)
	copy(m, header[:])
	if _, err := io.ReadFull(r, m[headerBytes:]); err != nil {
		return nil, err
	}
	return m, nil
}

func (m message) opCode() uint32 { return binary.LittleEndian.Uint32(m[12:]) }

func (m message) flags() uint32 {
	if m.opCode() != opMsg || len(m) < headerBytes+4 {
		return 0
	}
	return binary.LittleEndian.Uint32(m[headerBytes:])
}

// moreToCome reports whether the sender wants no answer to this message: another one follows, or the write is unacknowledged.
func (m message) moreToCome() bool { return m.flags()&flagMoreToCome != 0 }

// clearMoreToCome makes the peer answer this message.
func (m message) clearMoreToCome() {
	binary.LittleEndian.PutUint32(m[headerBytes:], m.flags()&^flagMoreToCome)
}

var errMalformed = errors.New("malformed OP_MSG")

// command returns the name of the command in an OP_MSG: the first key of its body document. Other messages have none; today's
// drivers use them for the first handshake only.
func (m message) command() (string, error) {
	if m.opCode() != opMsg {
		return "", nil
	}
	if len(m) < headerBytes+4 {
		return "", errMalformed
	}
	rest := m[headerBytes+4:]
	if m.flags()&flagChecksumPresent != 0 {
		if len(rest) < 4 {
			return "", errMalformed
		}
		rest = rest[:len(rest)-4]
	}

	for len(rest) > 0 {
		kind, section := rest[0], rest[1:]
		if len(section) < 4 {
			return "", errMalformed
		}
		length := binary.LittleEndian.Uint32(section)
		if length < 4 || uint64(length) > uint64(len(section)) {
			return "", errMalformed
		}
		switch kind {
		case sectionBody:
			return firstKey(section[:length])
		case sectionSequence: // documents of the command; the body may follow them
			rest = section[length:]
		default:
			return "", errMalformed
		}
	}
	return "", errMalformed
}

// firstKey returns the first key of a BSON document: int32 length, then for each element a type byte, the key ended by a zero
// byte, and the value.
func firstKey(document []byte) (string, error) {
	const keyAt = 5
	if len(document) < keyAt {
		return "", errMalformed
	}
	key, _, ended := bytes.Cut(document[keyAt:], []byte{0})
	if !ended {
		return "", errMalformed
	}
	return string(key), nil
}
