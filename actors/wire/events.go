package wire

import "github.com/eventra/eventra"

// SetEventList sets a member's active events as the body, the answer to ListEvents.
func (e *Envelope) SetEventList(events []eventra.ActiveEvent) {
	list := &EventList{Events: make([]*ActiveEvent, len(events))}
	for i := range events {
		a := &events[i]
		list.Events[i] = &ActiveEvent{Event: idBytes(a.EventID), State: string(a.State), Epoch: a.Epoch, Seats: int32(a.Seats),
			Queued: int32(a.Queued), Batches: a.Batches, Changes: a.Changes}
	}
	e.Body = &Envelope_EventList{list}
}

// Decode returns a member's active events.
func (l *EventList) Decode() ([]eventra.ActiveEvent, error) {
	var d decoder
	events := make([]eventra.ActiveEvent, len(l.GetEvents()))
	for i, a := range l.GetEvents() {
		events[i] = eventra.ActiveEvent{EventID: d.need(a.GetEvent()), State: eventra.ActivationState(a.GetState()), Epoch: a.GetEpoch(),
			Seats: int(a.GetSeats()), Queued: int(a.GetQueued()), Batches: a.GetBatches(), Changes: a.GetChanges()}
	}
	return events, d.err
}

// EventID returns the event that the envelope is about.
func (e *Envelope) EventID() (eventra.ID, error) {
	var d decoder
	id := d.need(e.GetEvent())
	return id, d.err
}
