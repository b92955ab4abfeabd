package ferret

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestMessage_Command(t *testing.T) {
	t.Parallel()
	body := section(sectionBody, document(t, bson.D{{Key: "insert", Value: "events"}, {Key: "$db", Value: "eventra"}}))
	documents := document(t, bson.D{{Key: "_id", Value: 1}})
	sequence := append([]byte("documents\x00"), documents...)
	sequence = append(binary.LittleEndian.AppendUint32(nil, uint32(4+len(sequence))), sequence...)

	for name, c := range map[string]struct {
		message message
		want    string
		wrong   bool
	}{
		"body alone":           {message: newMessage(opMsg, 0, body), want: "insert"},
		"body first":           {message: newMessage(opMsg, 0, body, section(sectionSequence, sequence)), want: "insert"},
		"body last":            {message: newMessage(opMsg, 0, section(sectionSequence, sequence), body), want: "insert"},
		"with a checksum":      {message: newMessage(opMsg, flagChecksumPresent, body, []byte{1, 2, 3, 4}), want: "insert"},
		"another op code":      {message: newMessage(2004, 0, body)},
		"no section":           {message: newMessage(opMsg, 0), wrong: true},
		"unknown section":      {message: newMessage(opMsg, 0, section(7, documents)), wrong: true},
		"section without end":  {message: newMessage(opMsg, 0, body[:len(body)-1]), wrong: true},
		"length zero":          {message: newMessage(opMsg, 0, section(sectionSequence, make([]byte, 4))), wrong: true},
		"key without end":      {message: newMessage(opMsg, 0, section(sectionBody, []byte{6, 0, 0, 0, 16, 'a'})), wrong: true},
		"too short for flags":  {message: newMessage(opMsg, 0)[:headerBytes+2], wrong: true},
		"nothing but checksum": {message: newMessage(opMsg, flagChecksumPresent, []byte{1}), wrong: true},
	} {
		got, err := c.message.command()
		if got != c.want || (err != nil) != c.wrong {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestReadMessage_RefusesWrongLengths(t *testing.T) {
	t.Parallel()
	for _, length := range []uint32{0, headerBytes - 1, maxMessageBytes + 1, 1 << 31} {
		header := binary.LittleEndian.AppendUint32(nil, length)
		header = append(header, make([]byte, headerBytes-4)...)
		if _, err := readMessage(bytes.NewReader(header)); err == nil {
			t.Errorf("a message of %d bytes is accepted", length)
		}
	}
}

// FuzzMessageCommand checks that no bytes from a client make the proxy panic.
func FuzzMessageCommand(f *testing.F) {
	f.Add([]byte(newMessage(opMsg, 0, section(sectionBody, []byte{5, 0, 0, 0, 0}))))
	f.Add([]byte(newMessage(opMsg, flagChecksumPresent, section(sectionSequence, []byte{4, 0, 0, 0}))))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if len(b) >= headerBytes {
			_, _ = message(b).command()
		}
	})
}

func TestPing(t *testing.T) {
	t.Parallel()
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	go func() {
		request, err := readMessage(server)
		if err != nil {
			t.Error(err)
			return
		}
		if command, err := request.command(); command != "ping" || err != nil {
			t.Errorf("the command is %q, %v", command, err)
		}
		if err := bson.Raw(request[headerBytes+5:]).Validate(); err != nil {
			t.Errorf("the document: %v", err)
		}
		_, _ = server.Write(answer(request))
	}()
	if err := Ping(client); err != nil {
		t.Error(err)
	}
}

func newMessage(opCode, flags uint32, sections ...[]byte) message {
	payload := bytes.Join(sections, nil)
	le := binary.LittleEndian
	m := le.AppendUint32(nil, uint32(headerBytes+4+len(payload)))
	m = le.AppendUint32(m, 1)
	m = le.AppendUint32(m, 0)
	m = le.AppendUint32(m, opCode)
	m = le.AppendUint32(m, flags)
	return append(m, payload...)
}

// answer makes an empty answer to a request.
func answer(request message) message {
	m := newMessage(opMsg, 0, section(sectionBody, []byte{5, 0, 0, 0, 0}))
	copy(m[8:12], request[4:8])
	return m
}

func section(kind byte, content []byte) []byte { return append([]byte{kind}, content...) }

func document(t *testing.T, d bson.D) []byte {
	t.Helper()
	b, err := bson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
