package mongo

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// auditEntry is an entry of the audit log that waits here for PostgreSQL.
type auditEntry struct {
	ID        string    `bson:"id"`
	At        time.Time `bson:"at"`
	ActorID   string    `bson:"actorId"`
	ActorKind string    `bson:"actorKind"`
	Address   string    `bson:"address"`
	RequestID string    `bson:"requestId"`
	Action    string    `bson:"action"`
	Before    string    `bson:"before"` // JSON
	After     string    `bson:"after"`
}

func newAuditEntries(entries []eventra.AuditEntry) (stored []auditEntry) {
	for _, e := range entries {
		stored = append(stored, auditEntry{ID: e.ID.String(), At: e.At, ActorID: e.Actor.ID.String(), ActorKind: string(e.Actor.Kind),
			Address: e.Actor.Address, RequestID: e.Actor.RequestID, Action: string(e.Action), Before: string(e.Before), After: string(e.After)})
	}
	return stored
}

// uncopiedAudit returns the entries that PostgreSQL may not have.
func (d *document) uncopiedAudit(event eventra.ID) (entries []eventra.AuditEntry, err error) {
	if d.Copied {
		return nil, nil
	}
	for _, e := range d.Audit {
		id, invalid := eventra.ParseID(e.ID)
		actor, invalidActor := eventra.ParseID(e.ActorID)
		err = errors.Join(err, invalid, invalidActor)
		by := eventra.Actor{ID: actor, Kind: eventra.ActorKind(e.ActorKind), Address: e.Address, RequestID: e.RequestID}
		entry := by.AboutEvent(id, eventra.AuditAction(e.Action), event, nil, nil)
		entry.At, entry.Before, entry.After = e.At.UTC(), storedFacts(e.Before), storedFacts(e.After)
		entries = append(entries, entry)
	}
	return entries, err
}

func storedFacts(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}
