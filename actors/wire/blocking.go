package wire

import "github.com/eventra/eventra"

func encodeSetBlocked(cmd *eventra.SetBlocked) *BlockSeats {
	return &BlockSeats{Id: idBytes(cmd.BlockingID), Author: idBytes(cmd.Author), Seats: cmd.Selection.Seats,
		Section: cmd.Selection.Section, Row: cmd.Selection.Row, Blocked: cmd.Blocked, Reason: cmd.Reason, Actor: encodeActor(cmd.By)}
}

func (d *decoder) setBlocked(b *BlockSeats) *eventra.SetBlocked {
	cmd := &eventra.SetBlocked{BlockingID: d.need(b.GetId()), Author: d.need(b.GetAuthor()), Blocked: b.GetBlocked(), Reason: b.GetReason(),
		Selection: eventra.SeatSelection{Seats: b.GetSeats(), Section: b.GetSection(), Row: b.GetRow()},
		By:        d.actor(b.GetActor())}
	if cmd.By.IsZero() { // of a member of the release before
		cmd.By = eventra.Actor{ID: cmd.Author, Kind: eventra.ActorUser}
	}
	var faults eventra.Faults
	cmd.Validate(&faults)
	if err := faults.Err(); err != nil {
		d.fail("invalid blocking: %w", err)
	}
	return cmd
}

// SetBlocking sets the result of a blocking as the body.
func (e *Envelope) SetBlocking(b *eventra.Blocking) {
	e.Body = &Envelope_SeatsBlocked{&SeatsBlocked{Changed: int32(b.Changed), Version: b.Version}}
}

// Decode returns what the asking member does not know of a blocking.
func (b *SeatsBlocked) Decode() *eventra.Blocking {
	return &eventra.Blocking{Changed: int(b.GetChanged()), Version: b.GetVersion()}
}
