package catalog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// audited returns what was done to an event, oldest first.
func (f *fixture) audited(t testing.TB, id eventra.ID) (entries []eventra.AuditEntry, actions []eventra.AuditAction) {
	t.Helper()
	newest, _, err := f.postgres.AuditEntries(t.Context(), eventra.AuditFilter{Subject: id.String()}, eventra.Page{Limit: 100})
	require.NoError(t, err)
	for i := range newest {
		e := newest[len(newest)-1-i]
		entries, actions = append(entries, e), append(actions, e.Action)
	}
	return entries, actions
}

func TestCatalog_AuditsWhatAdministratorsDo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	actor := persistencetest.NewActor()
	ctx := eventra.WithActor(t.Context(), actor)
	e := newEvent()
	for range 2 {
		require.NoError(t, f.Create(ctx, e))
	}
	require.Empty(t, e.Audit)
	_, err := f.AddSeats(ctx, e.ID, newID(), row("A", 2))
	require.NoError(t, err)
	_, err = f.Update(ctx, e.ID, 0, retitle("Another"))
	require.NoError(t, err)
	_, err = f.Update(ctx, e.ID, 0, retitle("Another"))
	require.NoError(t, err, "nothing changes")
	_, err = f.Publish(ctx, e.ID)
	require.NoError(t, err)
	move := eventra.Rescheduling{ID: newID(), At: time.Now(), Message: "Later"}
	for range 2 {
		_, err = f.Reschedule(ctx, e.ID, move, func(e *eventra.Event) error { e.EndsAt = e.EndsAt.Add(time.Hour); return nil })
		require.NoError(t, err)
	}
	_, err = f.Cancel(ctx, e.ID, "rain")
	require.NoError(t, err)
	_, err = f.CancelAgain(ctx, e.ID, "rain")
	require.NoError(t, err)
	require.NoError(t, f.Delete(ctx, e.ID))

	entries, actions := f.audited(t, e.ID)
	require.Equal(t, []eventra.AuditAction{eventra.AuditEventCreate, eventra.AuditSeatsAdd, eventra.AuditEventUpdate, eventra.AuditEventPublish,
		eventra.AuditEventReschedule, eventra.AuditEventCancel, eventra.AuditEventDelete}, actions)
	for _, entry := range entries {
		require.Equal(t, actor, entry.Actor)
	}
	require.JSONEq(t, `{"title": "Bach & Sons"}`, string(entries[2].Before))
	require.JSONEq(t, `{"title": "Another"}`, string(entries[2].After))
	require.JSONEq(t, `{"status": "CANCELLED", "reason": "rain"}`, string(entries[5].After))
}

// MongoDB has the change and PostgreSQL does not: the entry waits in the document.
func TestCatalog_AuditsWhatPostgresMissed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	actor := persistencetest.NewActor()
	ctx := eventra.WithActor(t.Context(), actor)
	e := f.draft(t, 1)
	f.postgresProxy.Cut()
	_, err := f.Update(ctx, e.ID, 0, retitle("Another"))
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	other := persistencetest.NewActor()
	_, err = f.Update(eventra.WithActor(t.Context(), other), e.ID, 0, retitle("A third"))
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	f.postgresProxy.Restore()
	f.runCopier(t)
	require.Eventually(t, func() bool { return f.copied(t, e.ID) }, soon, tick)

	entries, actions := f.audited(t, e.ID)
	require.Equal(t, []eventra.AuditAction{eventra.AuditEventCreate, eventra.AuditSeatsAdd, eventra.AuditEventUpdate, eventra.AuditEventUpdate}, actions)
	require.Equal(t, actor, entries[2].Actor)
	require.Equal(t, other, entries[3].Actor)
	require.JSONEq(t, `{"title": "Another"}`, string(entries[3].Before))
	stored, _, err := f.mongo.Get(t.Context(), e.ID)
	require.NoError(t, err)
	require.Empty(t, stored.Audit)
}

func TestCatalog_RefusesChangesThatCannotBeAudited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e, _, err := f.mongo.Get(t.Context(), f.draft(t, 1).ID)
	require.NoError(t, err)
	e.Version++
	for range auditMax {
		e.Audit = append(e.Audit, persistencetest.NewActor().AboutEvent(newID(), eventra.AuditEventUpdate, e.ID, nil, nil))
	}
	require.NoError(t, f.mongo.Replace(t.Context(), e))
	_, err = f.Update(t.Context(), e.ID, 0, retitle("Another"))
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	require.NoError(t, f.recountSeats(t.Context(), e.ID), "what no administrator does goes on, and takes the entries along")
	_, err = f.Update(t.Context(), e.ID, 0, retitle("Another"))
	require.NoError(t, err)
	_, actions := f.audited(t, e.ID)
	require.Len(t, actions, auditMax+3)
}
