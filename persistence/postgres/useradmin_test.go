package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

// The lists of accounts and of the audit log read a page from one index each, however large the tables are. The sessions of
// the pool keep one plan for life, so this is the plan of an empty table, too.
func TestAdminLists_ReadOnePageFromAnIndex(t *testing.T) {
	t.Parallel()
	for name, fillWith := range map[string]string{"empty": `SELECT 1`, "full": `
		INSERT INTO users (id, email, name, role, password_hash, created_at)
		SELECT md5('user' || u)::uuid, 'user' || u || '@example.org', 'User ' || u, CASE WHEN u % 10000 = 0 THEN 'ADMIN' ELSE 'USER' END, 'no hash', now()
		FROM generate_series(1, 50000) u;
		INSERT INTO audit (id, at, actor_id, actor_kind, action, subject_kind, subject_id, address, request_id)
		SELECT md5('entry' || e)::uuid, now() - e * interval '1 minute', md5('user' || e % 7)::uuid, 'user', 'event.update', 'event',
			md5('event' || e % 500), '', '' FROM generate_series(1, 20000) e;
		ANALYZE`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connectLikePool(t, persistencetest.NewDatabase(t))
			_, err := conn.Exec(t.Context(), fillWith)
			require.NoError(t, err)
			for index, sql := range map[string]string{"users_by_email": usersByEmailSQL, "users_by_name": usersByNameSQL, "audit_age": auditAllSQL,
				"audit_of_subject": auditOfSubjectSQL, "audit_of_actor": auditOfActorSQL, "audit_of_action": auditOfActionSQL} {
				p := explainGeneric(t, conn, sql)
				requireIndexes(t, index, p, index)
				require.True(t, p.uses(index), "%s: %s", index, p.text)
			}
			requireIndexes(t, "old entries", explainGeneric(t, conn, purgeAuditSQL), "audit_age")
		})
	}
}
