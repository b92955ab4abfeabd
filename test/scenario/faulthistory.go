package scenario

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
	"github.com/eventra/eventra/test/linearizable"
	"github.com/eventra/eventra/test/load"
)

// Histories counts what came of the search for orders.
type Histories struct {
	Parts     int
	Steps     int
	Undecided int
	Violated  int
	Longest   time.Duration
}

const (
	// partWithin is how long one part may take to be judged.
	partWithin = 5 * time.Second
	// allWithin is how long all of them may take; what is left is undecided.
	allWithin = time.Minute
	// drawn is of how many violations at most pages are written.
	drawn = 5
)

func (f *FaultRun) judgeHistories(ctx context.Context, w *faultWorld, shows []*load.Show) error {
	record := &Record{Seed: f.Seed}
	var err error
	if record.Stored, err = ledger.ReadStored(ctx, w.DB, w.Ledger.Events()); err != nil {
		return err
	}
	byEvent := map[string][]client.Operation{}
	stale := 0 // maps that an instance showed that was cut off: it says so
	// Not what the audit asked once more: who asks again at the end for what was
	// asked at the start is told as much by what is stored, and an answer that
	// may be of any time between makes searches long.
	for _, o := range f.Operations {
		if o.Stale {
			stale++
			continue
		}
		byEvent[o.Event] = append(byEvent[o.Event], o)
	}
	for _, show := range shows {
		kept := RecordedShow{Event: show.ID, HoldFor: show.HoldFor, Operations: byEvent[show.ID]}
		for n := range show.Size() {
			kept.Seats = append(kept.Seats, show.Seat(n))
		}
		record.Shows = append(record.Shows, kept)
	}
	w.Figure("maps said to be old", "%d of %d", stale, len(f.Operations.Of(client.Map)))
	f.Histories = record.Judge(w.Report, w.Settings.LogFolder)
	if f.Histories.Violated+f.Histories.Undecided > 0 {
		path := filepath.Join(w.Settings.LogFolder, fmt.Sprintf("faults-%d.history", f.Seed))
		w.Say("to be judged again: bin/faults -judge %s", path)
		return record.Write(path)
	}
	return nil
}

// Judge looks for an order of each part of each event, and draws what has none.
func (record *Record) Judge(r *Report, folder string) (h Histories) {
	started := time.Now()
	for i := range record.Shows {
		for _, part := range record.Shows[i].history(record.Stored).Parts() {
			began := time.Now()
			record.judgePart(r, &h, folder, part, min(partWithin, allWithin-time.Since(started)))
			h.Longest = max(h.Longest, time.Since(began))
		}
	}
	r.Figure("histories", "%d parts with %d steps, %d not decided, %d not linearizable; %.1f s, the longest %.2f s",
		h.Parts, h.Steps, h.Undecided, h.Violated, time.Since(started).Seconds(), h.Longest.Seconds())
	if h.Violated > 0 {
		r.Fail("seed %d: %d parts of histories are not linearizable", record.Seed, h.Violated)
	}
	return h
}

func (record *Record) judgePart(r *Report, h *Histories, folder string, part *linearizable.Part, within time.Duration) {
	h.Parts++
	h.Steps += len(part.Steps)
	verdict := linearizable.Undecided
	if within > 0 {
		verdict = part.Judge(within)
	}
	switch verdict {
	case linearizable.Undecided:
		h.Undecided++
		r.Say("not decided: %s, %d steps", part.Name(), len(part.Steps))
	case linearizable.Violated:
		h.Violated++
		r.Say("not linearizable: %s", part.Name())
		if h.Violated > drawn {
			return
		}
		r.Say("   the first answer that cannot be: %s", part.FirstImpossible(partWithin))
		path := filepath.Join(folder, fmt.Sprintf("faults-%d-%d.html", record.Seed, h.Violated))
		if err := part.Draw(path, partWithin); err != nil {
			r.Say("   not drawn: %v", err)
			return
		}
		r.Say("   drawn in %s", path)
	}
}
