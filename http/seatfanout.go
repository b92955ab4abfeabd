package http

import (
	"time"

	"github.com/eventra/eventra"
)

const (
	// streamAdvance is the least time between two views that are sent to the same watchers.
	streamAdvance = streamPeriod * 3 / 4
	// streamRetryPause is how soon more is sent to clients that did not take all.
	streamRetryPause = 20 * time.Millisecond
	// streamEndMax is how long the clients of a stream that ends may take to read the end.
	streamEndMax = 5 * time.Second
	// streamBeatsMax is how many heartbeats are sent in a row.
	streamBeatsMax = 256

	// snapshotPushMax is how much of a snapshot is sent at once to one client,
	// snapshotsRoundMax how much of them in a round to all clients.
	snapshotPushMax   = 256 << 10
	snapshotsRoundMax = 8 << 20
)

// fanOut sends what is new to all watchers of an event, in rounds and on one goroutine.
// Each round begins with the newest view and gives each watcher what brings it there, if
// its client has read what it got before. So a round costs one write a watcher, and the
// slowest client costs no other one anything.
//
// A sale comes first: a round spreads its writes over some time, and the next one rests
// for as long as the writes have taken.
type fanOut struct {
	stream    *seatStream
	budget    *frameBudget
	watchers  []*seatWatcher // in the order in which they came
	deltas    seatDeltas     // to the view that this round sends
	snapshots *seatSnapshots
	sale      eventra.SaleState
	advanced  time.Time // when the view was replaced
	lags      bool      // there is a newer view, which has to wait
	endBy     time.Time // not zero once the stream has ended

	now   time.Time
	pace  fanOutPace
	due   time.Time // when the next round begins, at the latest
	beats int       // heartbeats that may still be sent in this round
	bulk  int       // bytes of snapshots, likewise
}

func newFanOut(stream *seatStream) *fanOut {
	return &fanOut{stream: stream, budget: &stream.of.budget, deltas: newSeatDeltas(stream.view),
		snapshots: newSeatSnapshots(stream.of.turns, &stream.of.budget)}
}

// run sends until the stream has ended and its last watcher has got the end.
func (f *fanOut) run() {
	defer f.finish()
	for {
		f.learn()
		f.round()
		if !f.endBy.IsZero() && (f.now.After(f.endBy) || !f.stream.of.isWatched(f.stream)) {
			return
		}
		f.wait()
	}
}

// learn takes over what is new.
func (f *fanOut) learn() {
	view, sale, arrived := f.stream.take()
	f.now = time.Now()
	f.due = f.now.Add(streamHeartbeat)
	f.watchers = append(f.watchers, arrived...)
	f.sale = sale
	if next := f.advanced.Add(streamAdvance); f.now.Before(next) && view.Version > f.deltas.view.Version {
		f.lags = true
		f.by(next)
	} else if f.lags = false; view != f.deltas.view {
		f.advance(view)
	}
	for len(f.snapshots.made) > 0 {
		f.snapshots.keep(<-f.snapshots.made)
	}
	f.snapshots.dropUnused(f.now)
	select {
	case <-f.stream.ended:
		if f.endBy.IsZero() {
			f.endBy = f.now.Add(streamEndMax)
		}
		f.by(f.endBy)
	default:
	}
}

func (f *fanOut) advance(view *eventra.SeatsView) {
	if view.Version < f.deltas.view.Version {
		f.snapshots.dropAll()
	}
	f.deltas, f.advanced = newSeatDeltas(view), f.now
}

// by makes the next round begin no later than then.
func (f *fanOut) by(then time.Time) {
	if then.Before(f.due) {
		f.due = then
	}
}

// again makes the next round begin soon.
func (f *fanOut) again() { f.by(f.now.Add(streamRetryPause)) }

// round serves each watcher once.
func (f *fanOut) round() {
	f.beats, f.bulk = streamBeatsMax, snapshotsRoundMax
	f.pace.begin(f.now, len(f.watchers))
	open := f.watchers[:0]
	for _, w := range f.watchers {
		if f.serve(w) {
			open = append(open, w)
		} else {
			f.close(w)
		}
	}
	clear(f.watchers[len(open):])
	f.watchers = open
}

// serve sends a watcher what there is for it, and reports whether it stays.
func (f *fanOut) serve(w *seatWatcher) bool {
	for {
		if len(w.rest) == 0 && !f.next(w) {
			return !w.ended && !f.hasGone(w)
		}
		if !f.push(w) {
			return false
		}
		if len(w.rest) > 0 {
			f.again()
			return !w.isStuck(f.now)
		}
	}
}

// push sends some of a watcher's rest, and reports false if its connection has ended.
func (f *fanOut) push(w *seatWatcher) bool {
	most := len(w.rest)
	if w.bulk {
		most = min(most, snapshotPushMax, f.bulk)
	}
	if most == 0 && len(w.rest) > 0 {
		return true // not in this round
	}
	n, err := w.push(most, f.now)
	if w.bulk {
		f.bulk -= n
	}
	if len(w.rest) == 0 {
		f.budget.give(w.frame)
		w.frame = nil
	}
	f.now = f.pace.wrote(f.now)
	return err == nil
}

// next makes what comes next for a watcher its rest, and reports whether there is anything.
func (f *fanOut) next(w *seatWatcher) bool {
	switch {
	case w.ended:
		return false
	case !w.begun:
		w.begin(f.now)
	case !f.endBy.IsZero():
		w.end(f.now)
	default:
		return f.follow(w)
	}
	return true
}

// follow brings a watcher to the view and the state of the sale, one frame at a time.
func (f *fanOut) follow(w *seatWatcher) bool {
	view := f.deltas.view
	switch before := w.known; {
	case f.lags && (!before.some || before.version > view.Version):
		return false // it begins with the next view
	case !before.canFollow(view):
		return f.sendSnapshot(w)
	case before.version < view.Version:
		return f.sendDelta(w)
	case w.sale != f.sale:
		w.sale = f.sale
		f.send(w, saleFrames[f.sale].in(w.packed))
		return true
	}
	return f.beat(w)
}

func (f *fanOut) sendDelta(w *seatWatcher) bool {
	delta, long := f.deltas.since(w.known.version, w.packed, f.budget)
	switch {
	case long:
		return f.sendSnapshot(w)
	case delta == nil:
		f.again()
		return f.beat(w)
	}
	w.known = known(f.deltas.view)
	f.send(w, delta)
	return true
}

func (f *fanOut) sendSnapshot(w *seatWatcher) bool {
	made := f.snapshots.get(f.deltas.view, w.packed, w.known, f.now)
	if made == nil {
		f.again()
		return f.beat(w)
	}
	w.known = known(made.view)
	f.send(w, made.frame)
	w.bulk = true
	return true
}

// beat sends a comment when there was nothing else for a while.
func (f *fanOut) beat(w *seatWatcher) bool {
	if due := w.moved.Add(streamHeartbeat); f.now.Before(due) {
		f.by(due)
		return false
	}
	if f.beats == 0 {
		f.again()
		return false
	}
	f.beats--
	f.send(w, heartbeat.in(w.packed))
	return true
}

func (f *fanOut) send(w *seatWatcher, piece *frame) {
	f.budget.take(piece)
	w.send(piece, f.now)
}

// hasGone reports whether the client of a quiet stream has closed it. A busy stream is told
// by its writes.
func (f *fanOut) hasGone(w *seatWatcher) bool {
	if due := w.looked.Add(streamLookPeriod); f.now.Before(due) {
		f.by(due)
		return false
	}
	w.looked = f.now
	f.by(f.now.Add(streamLookPeriod))
	return w.conn.Gone()
}

// close ends a watcher's connection and counts it out.
func (f *fanOut) close(w *seatWatcher) {
	f.budget.give(w.frame)
	w.frame, w.rest = nil, nil
	f.stream.of.unwatch(w)
}

// wait rests, and waits for the next round.
func (f *fanOut) wait() {
	f.pace.rest()
	timer := time.NewTimer(time.Until(f.due))
	defer timer.Stop()
	ended := f.stream.ended
	if !f.endBy.IsZero() {
		ended = nil // known
	}
	select {
	case <-f.stream.news:
	case made := <-f.snapshots.made:
		f.snapshots.keep(made)
	case <-timer.C:
	case <-ended:
	}
}

// finish closes what is left.
func (f *fanOut) finish() {
	for _, w := range append(f.watchers, f.stream.finish()...) {
		f.close(w)
	}
	f.snapshots.dropAll()
}
