package catalog

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/eventra/eventra"
)

// auditMax bounds the entries of the audit log that wait in a document while PostgreSQL is away.
const auditMax = 50

var errAuditFull = errors.New("the audit log has to take the event's earlier changes first")

// audit adds the entry of a change to those that PostgreSQL does not have yet. A change of nothing that an organiser enters
// has none.
func audit(ctx context.Context, action eventra.AuditAction, old, e *eventra.Event) error {
	e.Audit = slices.Clone(old.Audit)
	if action == "" {
		return nil
	}
	was, is := e.AuditFacts(old)
	if len(was)+len(is) == 0 {
		return nil
	}
	if len(e.Audit) >= auditMax {
		return eventra.Unavailable("postgres", errAuditFull)
	}
	e.Audit = append(e.Audit, entryOf(ctx, eventra.ID(uuid.Must(uuid.NewV7())), action, e, was, is))
	return nil
}

func entryOf(ctx context.Context, id eventra.ID, action eventra.AuditAction, e *eventra.Event, was, is eventra.Facts) eventra.AuditEntry {
	entry := eventra.ActorOf(ctx).AboutEvent(id, action, e.ID, was, is)
	entry.At = e.UpdatedAt
	return entry
}
