package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// auditedAt writes an entry that is so old.
func auditedAt(t *testing.T, db *DB, age time.Duration) eventra.ID {
	t.Helper()
	id := persistencetest.NewID()
	entry := persistencetest.NewActor().AboutUser(id, eventra.AuditUserUpdate, id, nil, nil)
	entry.At = time.Now().Add(-age)
	require.NoError(t, db.AppendAudit(t.Context(), entry))
	return id
}

func TestAudit_TakesNewRowsOnly(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	db := openOne(t, url)
	recent, old := auditedAt(t, db, AuditRetentionMin-time.Hour), auditedAt(t, db, AuditRetentionMin+time.Hour)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	for _, sql := range []string{`UPDATE audit SET action = 'nothing'`, `UPDATE audit SET after = NULL WHERE id = '` + old.String() + `'`,
		`DELETE FROM audit WHERE id = '` + recent.String() + `'`, `TRUNCATE audit`} {
		_, err := conn.Exec(t.Context(), sql)
		var refused *pgconn.PgError
		require.ErrorAs(t, err, &refused, sql)
		require.Equal(t, "EV003", refused.Code, sql)
	}
	gone, err := conn.Exec(t.Context(), `DELETE FROM audit WHERE id = '`+old.String()+`'`)
	require.NoError(t, err)
	require.EqualValues(t, 1, gone.RowsAffected())
	for rule, actor := range map[string]eventra.Actor{"audit_actor_named": {Kind: eventra.ActorUser}, "audit_actor_known": {Kind: "nobody"}} {
		_, err := conn.Exec(t.Context(), `INSERT INTO audit (id, at, actor_kind, action, subject_kind, subject_id, address, request_id)
			VALUES (gen_random_uuid(), now(), $1, '', '', '', '', '')`, string(actor.Kind))
		var refused *pgconn.PgError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, rule, refused.ConstraintName)
	}
}

func TestPurge_DeletesOldEntriesOfTheAuditLog(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	for _, keeping := range []time.Duration{0, AuditRetentionMin} {
		db, err := Open(t.Context(), url, Options{MaxConns: 2, AuditRetention: keeping})
		require.NoError(t, err)
		t.Cleanup(db.Close)
		old, recent := auditedAt(t, db, AuditRetentionMin+time.Hour), auditedAt(t, db, AuditRetentionMin-time.Hour)
		purged, err := db.Purge(t.Context())
		require.NoError(t, err)
		require.Equal(t, keeping > 0, purged > 0)
		for _, id := range []eventra.ID{old, recent} {
			left, _, err := db.AuditEntries(t.Context(), eventra.AuditFilter{Subject: id.String()}, eventra.Page{Limit: 1})
			require.NoError(t, err)
			require.Equal(t, id == recent || keeping == 0, len(left) == 1)
		}
	}
}
