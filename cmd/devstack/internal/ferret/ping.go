package ferret

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Ping sends a server the command "ping" and waits for its answer.
func Ping(conn io.ReadWriter) error {
	const (
		bsonInt32  = 0x10
		bsonString = 0x02
	)
	var fields []byte
	fields = append(fields, bsonInt32)
	fields = append(fields, "ping\x00\x01\x00\x00\x00"...)
	fields = append(fields, bsonString)
	fields = append(fields, "$db\x00\x06\x00\x00\x00admin\x00"...)

	le := binary.LittleEndian
	document := le.AppendUint32(nil, uint32(4+len(fields)+1))
	document = append(append(document, fields...), 0)

	const requestID = 1
	m := le.AppendUint32(nil, uint32(headerBytes+4+1+len(document)))
	m = le.AppendUint32(m, requestID)
	m = le.AppendUint32(m, 0) // answers nothing
	m = le.AppendUint32(m, opMsg)
	m = le.AppendUint32(m, 0) // no flags
	m = append(append(m, sectionBody), document...)

	if _, err := conn.Write(m); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	answer, err := readMessage(conn)
	if err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	if answer.opCode() != opMsg || le.Uint32(answer[8:]) != requestID {
		return errors.New("ping: the server answered another request")
	}
	return nil
}
