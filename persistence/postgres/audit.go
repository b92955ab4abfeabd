package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// auditColumns are entries of the audit log as the columns of insertAuditSQL.
type auditColumns struct {
	ids, actors, events                                              uuids
	times                                                            pgtype.FlatArray[pgtype.Timestamptz]
	kinds, actions, subjectKinds, subjects, addresses, requests, was texts
	is                                                               texts
}

func (a *auditColumns) add(e *eventra.AuditEntry) {
	a.ids, a.actors, a.events = append(a.ids, uuid(e.ID)), append(a.actors, uuid(e.Actor.ID)), append(a.events, uuid(e.EventID))
	a.times = append(a.times, pgtype.Timestamptz{Time: e.At, Valid: !e.At.IsZero()})
	a.kinds, a.actions = append(a.kinds, string(e.Actor.Kind)), append(a.actions, string(e.Action))
	a.subjectKinds, a.subjects = append(a.subjectKinds, e.SubjectKind), append(a.subjects, e.Subject)
	a.addresses, a.requests = append(a.addresses, e.Actor.Address), append(a.requests, e.Actor.RequestID)
	a.was, a.is = append(a.was, string(e.Before)), append(a.is, string(e.After))
}

func (a *auditColumns) args() []any {
	return []any{a.ids, a.times, a.actors, a.kinds, a.actions, a.subjectKinds, a.subjects, a.events, a.addresses, a.requests, a.was, a.is}
}

// insertAuditSQL writes all entries at once. One whose id was used before is left out: it is the same action. One
// without an id gets one.
const insertAuditSQL = `
INSERT INTO audit (id, at, actor_id, actor_kind, action, subject_kind, subject_id, event_id, address, request_id, before, after)
SELECT coalesce(id, gen_random_uuid()), coalesce(at, now()), actor_id, actor_kind, action, subject_kind, subject_id, event_id, address,
    request_id, nullif(before, '')::jsonb, nullif(after, '')::jsonb
FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::text[], $10::text[],
    $11::text[], $12::text[])
    AS a (id, at, actor_id, actor_kind, action, subject_kind, subject_id, event_id, address, request_id, before, after)
ON CONFLICT (id) DO NOTHING`

// queueAudit queues the statement that writes entries.
func queueAudit(queue *pgx.Batch, entries ...eventra.AuditEntry) {
	var columns auditColumns
	for i := range entries {
		columns.add(&entries[i])
	}
	queue.Queue(insertAuditSQL, columns.args()...)
}

// writeAudit writes entries in the transaction of what they tell.
func writeAudit(ctx context.Context, tx pgx.Tx, entries ...eventra.AuditEntry) error {
	if len(entries) == 0 {
		return nil
	}
	var queue pgx.Batch
	queueAudit(&queue, entries...)
	return tx.SendBatch(ctx, &queue).Close()
}

// AppendAudit writes entries of actions that no transaction of PostgreSQL carries out, before they are begun.
func (db *DB) AppendAudit(ctx context.Context, entries ...eventra.AuditEntry) error {
	return db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error { return writeAudit(ctx, tx, entries...) })
}

// AuditEntries lists the audit log, newest first. next is where the next page begins, nil on the last.
func (db *DB) AuditEntries(
	ctx context.Context, f eventra.AuditFilter, p eventra.Page,
) (entries []eventra.AuditEntry, next *eventra.Cursor, err error) {
	before, beforeID := pageStart(p, pgtype.Infinity)
	sql, by := auditSQL(f)
	from := pgtype.Timestamptz{Time: f.From, Valid: true}
	if f.From.IsZero() {
		from = pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	if p.Cursor == nil && !f.To.IsZero() {
		before.Time, before.InfinityModifier = f.To, pgtype.Finite // no entry has the zero id
	}
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, sql, by, before, beforeID, from, p.Limit+1, f.Actor, string(f.Action))
		if err != nil {
			return err
		}
		entries, err = pgx.CollectRows(rows, scanAuditEntry)
		return err
	})
	entries, next = cut(entries, p, func(e *eventra.AuditEntry) eventra.Cursor { return eventra.Cursor{Time: e.At, ID: e.ID} })
	return entries, next, err
}

// auditSQL returns the statement for a filter, and what its index is asked for.
func auditSQL(f eventra.AuditFilter) (sql, by string) {
	switch {
	case f.Subject != "":
		return auditOfSubjectSQL, f.Subject
	case f.Actor != "":
		return auditOfActorSQL, f.Actor
	case f.Action != "":
		return auditOfActionSQL, string(f.Action)
	}
	return auditAllSQL, ""
}

// There is a statement for each index: one for all filters would have one plan, by age. Only auditAllSQL asks for times in the form
// that the index by age has.
const (
	auditActor  = `coalesce(actor_id::text, actor_kind)`
	selectAudit = `
SELECT id, at, actor_id, actor_kind, address, request_id, action, subject_kind, subject_id, event_id, before, after
FROM audit WHERE `
	auditFilters = `
    AND ($6 = '' OR ` + auditActor + ` = $6) AND ($7 = '' OR action = $7)`
	auditPage = auditFilters + ` AND (at, id) < ($2::timestamptz, $3::uuid) AND at >= $4::timestamptz
ORDER BY at DESC, id DESC LIMIT $5`

	auditAllSQL = selectAudit + `$1 = '' AND (at AT TIME ZONE 'UTC', id) < ($2::timestamptz AT TIME ZONE 'UTC', $3::uuid)
    AND at AT TIME ZONE 'UTC' >= $4::timestamptz AT TIME ZONE 'UTC'` + auditFilters + `
ORDER BY at AT TIME ZONE 'UTC' DESC, id DESC LIMIT $5`
	auditOfSubjectSQL = selectAudit + `subject_id = $1` + auditPage
	auditOfActorSQL   = selectAudit + auditActor + ` = $1` + auditPage
	auditOfActionSQL  = selectAudit + `action = $1` + auditPage
)

func scanAuditEntry(row pgx.CollectableRow) (e eventra.AuditEntry, err error) {
	var actor, event pgtype.UUID
	var before, after []byte
	err = row.Scan(&e.ID, &e.At, &actor, &e.Actor.Kind, &e.Actor.Address, &e.Actor.RequestID, &e.Action, &e.SubjectKind, &e.Subject, &event, &before, &after)
	e.Actor.ID, e.EventID, e.Before, e.After = actor.Bytes, event.Bytes, before, after
	return e, err
}
