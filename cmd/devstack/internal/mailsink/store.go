package mailsink

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// keptMessages is the number of mails that are kept: the newest ones, in memory and, with a folder, on disk.
const keptMessages = 1000

const (
	fileSuffix = ".eml"

	// idTime is the beginning of an id, so that ids sort by time.
	idTime = "20060102T150405.000000000"
)

// Fields for the envelope, in front of the mail's own headers. Mail servers use them, too.
const (
	returnPath  = "Return-Path: "
	deliveredTo = "Delivered-To: "
)

// A store keeps mails, oldest first.
type store struct {
	folder string // empty: in memory only

	mu       sync.Mutex
	messages []*Message
}

// openStore reads the mails of earlier runs.
func openStore(folder string) (*store, error) {
	s := &store{folder: folder}
	if folder == "" {
		return s, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*"+fileSuffix)) // sorted, so oldest first
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		m, err := readFile(path)
		if err != nil {
			return nil, err
		}
		if m != nil {
			s.messages = append(s.messages, m)
		}
	}
	return s, s.prune()
}

// readFile reads a mail. It returns nil if the name of the file is not that of a mail.
func readFile(path string) (*Message, error) {
	id := strings.TrimSuffix(filepath.Base(path), fileSuffix)
	receivedAt, err := time.Parse(idTime, id[:min(len(id), len(idTime))])
	if err != nil {
		return nil, nil //nolint:nilerr // another program's file is no error
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}

	var from string
	var to []string
	for {
		line, rest, _ := bytes.Cut(raw, []byte("\r\n"))
		if address, found := strings.CutPrefix(string(line), returnPath); found {
			from = strings.Trim(address, "<>")
		} else if address, found := strings.CutPrefix(string(line), deliveredTo); found {
			to = append(to, address)
		} else {
			break
		}
		raw = rest
	}
	m := parse(raw)
	m.ID, m.From, m.To, m.ReceivedAt = id, from, to, receivedAt
	return m, nil
}

// add stores a mail. The mail server may acknowledge the mail once add has returned nil.
func (s *store) add(from string, to []string, raw []byte) error {
	m := parse(raw)
	m.From, m.To = from, to

	s.mu.Lock()
	defer s.mu.Unlock()

	m.ReceivedAt = time.Now().UTC()
	if n := len(s.messages); n > 0 && !m.ReceivedAt.After(s.messages[n-1].ReceivedAt) {
		m.ReceivedAt = s.messages[n-1].ReceivedAt.Add(1) // ids rise even if the clock was set back
	}
	m.ID = newID(m.ReceivedAt)
	if s.folder != "" {
		var file bytes.Buffer
		fmt.Fprintf(&file, "%s<%s>\r\n", returnPath, from)
		for _, address := range to {
			fmt.Fprintf(&file, "%s%s\r\n", deliveredTo, address)
		}
		file.Write(raw)
		if err := os.WriteFile(s.path(m.ID), file.Bytes(), 0o600); err != nil {
			return err
		}
	}
	s.messages = append(s.messages, m)
	return s.prune()
}

// prune deletes the oldest mails beyond the limit.
func (s *store) prune() error {
	return s.dropOldest(len(s.messages) - keptMessages)
}

func (s *store) dropOldest(n int) error {
	for ; n > 0; n-- {
		if s.folder != "" {
			if err := os.Remove(s.path(s.messages[0].ID)); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
		s.messages[0] = nil // frees the mail while the array lives
		s.messages = s.messages[1:]
	}
	return nil
}

// clear deletes all mails.
func (s *store) clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropOldest(len(s.messages))
}

// list returns the mails to an address, or all if it is empty, newest first.
func (s *store) list(to string) []*Message {
	s.mu.Lock()
	defer s.mu.Unlock()

	found := []*Message{}
	for _, m := range slices.Backward(s.messages) {
		if to == "" || slices.ContainsFunc(m.To, func(address string) bool { return strings.EqualFold(address, to) }) {
			found = append(found, m)
		}
	}
	return found
}

// get returns one mail, or nil.
func (s *store) get(id string) *Message {
	s.mu.Lock()
	defer s.mu.Unlock()

	i, found := slices.BinarySearchFunc(s.messages, id, func(m *Message, id string) int { return strings.Compare(m.ID, id) })
	if !found {
		return nil
	}
	return s.messages[i]
}

func (s *store) path(id string) string { return filepath.Join(s.folder, id+fileSuffix) }

// newID makes an id of the time and of random digits, so that a link to a mail of a deleted stack never shows another one.
func newID(t time.Time) string {
	random := make([]byte, 3)
	_, _ = rand.Read(random) // never fails, by its documentation
	return t.Format(idTime) + "-" + hex.EncodeToString(random)
}
