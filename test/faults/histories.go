package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/ledger"
	"github.com/eventra/eventra/test/linearizable"
	"github.com/eventra/eventra/test/load"
)

// histories counts the verdicts on the parts of all histories.
type histories struct {
	parts     int
	steps     int
	undecided int
	violated  int
	longest   time.Duration // search
}

const (
	// partTimeout bounds the search for an order of one part.
	partTimeout = 5 * time.Second
	// historiesTimeout bounds all searches. The remaining parts are undecided.
	historiesTimeout = time.Minute
	// drawnMax bounds the violations that are drawn.
	drawnMax = 5
)

// judgeHistories judges the operations before the audit's retries: what is stored
// tells as much of an unknown hold, and an answer that may belong to any time since
// makes searches long.
func (f *faultRun) judgeHistories(ctx context.Context, c *cluster, events []*load.Event) error {
	kept := &record{Seed: f.seed}
	var err error
	if kept.Stored, err = ledger.ReadStored(ctx, c.DB, c.Ledger.Events()); err != nil {
		return err
	}
	byEvent := map[string][]client.Operation{}
	stale := 0 // seat maps that the instance itself says may be old
	for _, o := range f.operations {
		if o.Stale {
			stale++
			continue
		}
		byEvent[o.Event] = append(byEvent[o.Event], o)
	}
	for _, event := range events {
		recorded := recordedEvent{Event: event.ID, HoldFor: event.Terms.HoldFor, Operations: byEvent[event.ID]}
		if cancelled := slices.IndexFunc(recorded.Operations, func(o client.Operation) bool { return o.Kind == client.Cancel }); cancelled >= 0 {
			recorded.Cut, recorded.Operations = true, before(recorded.Operations, recorded.Operations[cancelled].Start)
		}
		for n := range event.Size() {
			recorded.Seats = append(recorded.Seats, event.Seat(n))
		}
		kept.Events = append(kept.Events, recorded)
	}
	c.Figure("stale maps", "%d of %d", stale, len(f.operations.Of(client.Map)))
	f.histories = kept.judge(c.Report, c.Settings.LogFolder)
	if f.histories.violated+f.histories.undecided > 0 {
		path := filepath.Join(c.Settings.LogFolder, fmt.Sprintf("faults-%d.history", f.seed))
		c.Say("to judge it again: bin/faults -judge %s", path)
		return kept.write(path)
	}
	return nil
}

// before returns what was known of the operations at a moment: those that had no answer yet may
// have been carried out.
func before(operations []client.Operation, moment time.Time) (known []client.Operation) {
	for _, o := range operations {
		pending := o.End.After(moment)
		if !o.Start.Before(moment) || pending && (o.Kind == client.Map || o.Kind == client.Read) {
			continue
		}
		if pending {
			asked := client.Operation{Kind: o.Kind, Buyer: o.Buyer, Event: o.Event, Seats: o.Seats, Types: o.Types, Quantity: o.Quantity,
				Token: o.Token, Key: o.Key, Act: o.Act, Return: o.Return, Target: o.Target, Start: o.Start, End: moment}
			if !o.Holds() {
				asked.Booking = o.Booking
			}
			o = asked
		}
		known = append(known, o)
	}
	return known
}

// judge judges the parts of all histories, and draws the violations in folder.
func (r *record) judge(report *harness.Report, folder string) (h histories) {
	started := time.Now()
	for i := range r.Events {
		for _, part := range r.Events[i].history(r.Stored).Parts() {
			began := time.Now()
			r.judgePart(report, &h, folder, part, min(partTimeout, historiesTimeout-time.Since(started)))
			h.longest = max(h.longest, time.Since(began))
		}
	}
	report.Figure("histories", "%d parts with %d steps, %d not decided, %d not linearizable; %.1f s, the longest %.2f s",
		h.parts, h.steps, h.undecided, h.violated, time.Since(started).Seconds(), h.longest.Seconds())
	if h.violated > 0 {
		report.Fail("seed %d: %d parts of histories are not linearizable", r.Seed, h.violated)
	}
	return h
}

func (r *record) judgePart(report *harness.Report, h *histories, folder string, part *linearizable.Part, timeout time.Duration) {
	h.parts++
	h.steps += len(part.Steps)
	verdict := linearizable.Undecided
	if timeout > 0 {
		verdict = part.Judge(timeout)
	}
	switch verdict {
	case linearizable.Undecided:
		h.undecided++
		report.Say("not decided: %s, %d steps", part.Name(), len(part.Steps))
	case linearizable.Violated:
		h.violated++
		report.Say("not linearizable: %s", part.Name())
		if h.violated > drawnMax {
			return
		}
		report.Say("   the first impossible answer: %s", part.FirstImpossible(partTimeout))
		path := filepath.Join(folder, fmt.Sprintf("faults-%d-%d.html", r.Seed, h.violated))
		if err := part.Draw(path, partTimeout); err != nil {
			report.Say("   not drawn: %v", err)
			return
		}
		report.Say("   drawn in %s", path)
	}
}
