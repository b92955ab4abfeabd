package scenario

import (
	"encoding/gob"
	"os"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
	"github.com/eventra/eventra/test/linearizable"
)

// Record is what a run's histories are judged by, to be judged again.
type Record struct {
	Seed   uint64
	Stored *ledger.Stored
	Shows  []RecordedShow
}

// RecordedShow is an event and all that was asked and told of it, but for maps
// that may have been old.
type RecordedShow struct {
	Event      string
	Seats      []string
	HoldFor    time.Duration
	Operations []client.Operation
}

func (s *RecordedShow) history(stored *ledger.Stored) *linearizable.History {
	return &linearizable.History{Event: s.Event, Seats: s.Seats, HoldFor: s.HoldFor, Operations: s.Operations, Stored: stored}
}

// Write keeps the record in a file. Times lose their monotonic part, which on
// one machine whose clock nobody sets says the same.
func (r *Record) Write(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return gob.NewEncoder(file).Encode(r)
}

// ReadRecord reads a file that [Record.Write] wrote.
func ReadRecord(path string) (*Record, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := &Record{}
	return r, gob.NewDecoder(file).Decode(r)
}
