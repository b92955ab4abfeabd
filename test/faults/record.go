package main

import (
	"encoding/gob"
	"os"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
	"github.com/eventra/eventra/test/linearizable"
)

// record is the input of a run's judgement, kept so that it can be repeated.
type record struct {
	Seed   uint64
	Stored *ledger.Stored
	Events []recordedEvent
}

// recordedEvent is an event with all operations on it, without stale maps.
type recordedEvent struct {
	Event      string
	Seats      []string
	HoldFor    time.Duration
	Operations []client.Operation
	Cut        bool // the event was cancelled, and these are the operations before
}

func (e *recordedEvent) history(stored *ledger.Stored) *linearizable.History {
	return &linearizable.History{Event: e.Event, Seats: e.Seats, HoldFor: e.HoldFor, Operations: e.Operations, Stored: stored, Cut: e.Cut}
}

// write writes the record to a file. Times lose their monotonic part, which makes
// no difference unless the machine's clock was set during the run.
func (r *record) write(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return gob.NewEncoder(file).Encode(r)
}

// readRecord reads a file written by write.
func readRecord(path string) (*record, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := &record{}
	return r, gob.NewDecoder(file).Decode(r)
}
