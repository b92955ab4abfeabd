package persistencetest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// AuditStore is what the suite of the audit log needs of an implementation.
type AuditStore interface {
	EventStore
	MakeAdmin(ctx context.Context, id eventra.ID, passwordHash []byte) error
	PutAPIKey(ctx context.Context, k *eventra.APIKey, hash [32]byte) (*eventra.APIKey, error)
	RevokeAPIKey(ctx context.Context, id eventra.ID) error
	AppendAudit(ctx context.Context, entries ...eventra.AuditEntry) error
	AuditEntries(ctx context.Context, f eventra.AuditFilter, p eventra.Page) ([]eventra.AuditEntry, *eventra.Cursor, error)
}

// NewActor is an administrator at work.
func NewActor() eventra.Actor {
	return eventra.Actor{ID: NewID(), Kind: eventra.ActorUser, Address: "192.0.2.7", RequestID: NewID().String()}
}

// RunAudit checks that each action leaves one entry, written with it or not at all. The store must be this test's alone.
func RunAudit(t *testing.T, store AuditStore) {
	cases := map[string]func(*auditFixture){
		"actions on seats":            auditedSeats,
		"actions on prices":           auditedPrices,
		"what comes with terms":       auditedTerms,
		"a deletion":                  auditedDeletion,
		"blocked seats":               auditedBlocking,
		"a batch that is refused":     auditedRefusal,
		"API keys":                    auditedKeys,
		"refunds":                     auditedRefunds,
		"releases":                    auditedReleases,
		"places":                      auditedPlaces,
		"a new administrator":         auditedAdmin,
		"an action without an actor":  auditedSystem,
		"the list by filter and page": auditedPages,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actor := NewActor()
			run(&auditFixture{fixture: newFixture(t, store), log: store, actor: actor, ctx: eventra.WithActor(t.Context(), actor)})
		})
	}
}

type auditFixture struct {
	*fixture
	log   AuditStore
	actor eventra.Actor
	ctx   context.Context //nolint:containedctx // of the fixture's actor
}

func (f *auditFixture) entries(filter eventra.AuditFilter) []eventra.AuditEntry {
	f.t.Helper()
	entries, next, err := f.log.AuditEntries(f.t.Context(), filter, eventra.Page{Limit: 50})
	require.NoError(f.t, err)
	require.Nil(f.t, next)
	return entries
}

// requireDone requires that the actor has done this, and nothing else, to the event.
func (f *auditFixture) requireDone(subject string, want ...eventra.AuditAction) []eventra.AuditEntry {
	f.t.Helper()
	done := f.entries(eventra.AuditFilter{Actor: f.actor.ID.String(), Subject: subject})
	var actions []eventra.AuditAction
	for _, e := range done {
		require.Equal(f.t, f.actor, e.Actor)
		require.WithinDuration(f.t, time.Now(), e.At, time.Minute)
		actions = append(actions, e.Action)
	}
	require.Equal(f.t, want, actions)
	return done
}

func facts(t *testing.T, raw json.RawMessage) (f map[string]any) {
	t.Helper()
	if raw != nil {
		require.NoError(t, json.Unmarshal(raw, &f))
	}
	return f
}

func auditedSeats(f *auditFixture) {
	more := NewSeats(42)[40:]
	addition, removal := NewID(), NewID()
	for range 2 {
		_, err := f.store.AddSeats(f.ctx, f.event.ID, addition, more)
		require.NoError(f.t, err)
		_, err = f.store.RemoveSeats(f.ctx, f.event.ID, removal, []string{more[0].Name()})
		require.NoError(f.t, err)
	}
	_, err := f.store.RemoveSeats(f.ctx, f.event.ID, NewID(), []string{"no such seat"})
	require.Error(f.t, err)
	_, err = f.store.SetCategory(f.ctx, f.event.ID, eventra.SeatSelection{Seats: []string{f.seats[0].Name()}}, "nonsense")
	require.Error(f.t, err)
	done := f.requireDone(f.event.ID.String(), eventra.AuditSeatsRemove, eventra.AuditSeatsAdd)
	require.Equal(f.t, map[string]any{"seatsTotal": 42., "seats": []any{more[0].Name()}}, facts(f.t, done[0].Before))
	require.Equal(f.t, map[string]any{"seatsTotal": 41.}, facts(f.t, done[0].After))
	require.Equal(f.t, map[string]any{"seatsTotal": 40.}, facts(f.t, done[1].Before))
	require.Equal(f.t, map[string]any{"seatsTotal": 42., "added": 2., "sections": []any{more[0].Section}}, facts(f.t, done[1].After))
	require.Equal(f.t, addition, done[1].ID)
	require.Equal(f.t, f.event.ID, done[1].EventID)
}

func auditedPrices(f *auditFixture) {
	names := categoryNames(f.seatMap().View().Layout.Pricing)
	stored, err := f.store.PutPricing(f.ctx, f.event.ID, 0, familyPrices(names...))
	require.NoError(f.t, err)
	_, err = f.store.PutPricing(f.ctx, f.event.ID, 0, familyPrices(names...))
	require.NoError(f.t, err, "nothing changes")
	dearer := familyPrices(names...)
	dearer.Prices[0].Amount = 9900
	_, err = f.store.PutPricing(f.ctx, f.event.ID, stored.Version-1, dearer)
	require.Equal(f.t, eventra.CodePreconditionFailed, eventra.CodeOf(err))
	_, err = f.store.PutPricing(f.ctx, f.event.ID, stored.Version, dearer)
	require.NoError(f.t, err)
	selection := eventra.SeatSelection{Section: f.seats[0].Section, Row: f.seats[0].Row}
	for range 2 {
		_, err = f.store.SetCategory(f.ctx, f.event.ID, selection, names[0])
		require.NoError(f.t, err)
	}
	done := f.requireDone(f.event.ID.String(), eventra.AuditSeatsCategory, eventra.AuditPricingUpdate, eventra.AuditPricingUpdate)
	price := "price of " + names[0] + " for Adult"
	require.Equal(f.t, map[string]any{price: 2000.}, facts(f.t, done[1].Before))
	require.Equal(f.t, map[string]any{price: 9900.}, facts(f.t, done[1].After))
	require.Equal(f.t, names[0], facts(f.t, done[0].After)["category"])
}

func auditedTerms(f *auditFixture) {
	moved := *f.event
	moved.Version, moved.Title = 3, "Another"
	was, is := moved.AuditFacts(f.event)
	moved.Audit = []eventra.AuditEntry{f.actor.AboutEvent(NewID(), eventra.AuditEventUpdate, moved.ID, was, is)}
	for range 2 {
		require.NoError(f.t, f.store.PutTerms(f.t.Context(), &moved))
	}
	late := *f.event
	late.Version = 2
	late.Audit = []eventra.AuditEntry{f.actor.AboutEvent(NewID(), eventra.AuditEventPublish, moved.ID, nil, nil)}
	late.Audit[0].At = time.Now().Add(-time.Second)
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), &late), "terms that are older than the stored ones")
	done := f.requireDone(f.event.ID.String(), eventra.AuditEventUpdate, eventra.AuditEventPublish)
	require.Equal(f.t, map[string]any{"title": f.event.Title}, facts(f.t, done[0].Before))
	require.Equal(f.t, map[string]any{"title": "Another"}, facts(f.t, done[0].After))
	require.Nil(f.t, done[1].After)
}

func auditedDeletion(f *auditFixture) {
	f.hold(longHold, 0)
	require.Equal(f.t, eventra.CodeEventHasBookings, eventra.CodeOf(f.store.DeleteEvent(f.ctx, f.event.ID)))
	unsold := NewEvent()
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), unsold))
	for range 2 {
		require.NoError(f.t, f.store.DeleteEvent(f.ctx, unsold.ID))
	}
	f.requireDone(f.event.ID.String())
	done := f.requireDone(unsold.ID.String(), eventra.AuditEventDelete)
	require.Equal(f.t, map[string]any{"title": unsold.Title, "status": "PUBLISHED", "seatsTotal": 0.}, facts(f.t, done[0].Before))
}

// setBlocked decides a blocking by the fixture's actor.
func (f *auditFixture) setBlocked(blocked bool, nos ...int) *eventra.Change {
	f.t.Helper()
	cmd := &eventra.SetBlocked{BlockingID: NewID(), Author: f.actor.ID, Blocked: blocked, Reason: "press", By: f.actor}
	for _, no := range nos {
		cmd.Selection.Seats = append(cmd.Selection.Seats, f.seats[no].Name())
	}
	d := f.seatMap().Decide(cmd, time.Now())
	require.Equal(f.t, eventra.Accept, d.Verdict, "%v", d.Err)
	return d.Change
}

func auditedBlocking(f *auditFixture) {
	block := f.setBlocked(true, 3, 4)
	f.must(block, change(eventra.Held, f.booking(7)))
	receipt, err := f.commit(block)
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true}, receipt.Refused)
	unblock := f.setBlocked(false, 4)
	other := newFixture(f.t, f.store)
	_, err = f.store.CommitTogether(f.t.Context(), []*eventra.Batch{f.batch(longHold, unblock),
		other.batch(longHold, change(eventra.Held, other.booking(0)))})
	require.NoError(f.t, err)
	plain := f.blocking(eventra.Blocked, 1, 9)
	f.must(plain)

	done := f.requireDone(f.event.ID.String(), eventra.AuditSeatsUnblock, eventra.AuditSeatsBlock)
	require.Equal(f.t, map[string]any{"seats": []any{f.seats[3].Name(), f.seats[4].Name()}, "reason": "press", "changed": 2.}, facts(f.t, done[1].After))
	require.Equal(f.t, map[string]any{"seats": []any{f.seats[4].Name()}, "changed": 1.}, facts(f.t, done[0].After))
	made, err := f.store.Blocking(f.t.Context(), f.event.ID, block.Blocking.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, made.At, done[1].At, "of one transaction")
}

func auditedRefusal(f *auditFixture) {
	block := f.setBlocked(true, 3)
	f.hold(longHold, 3)
	_, err := f.commit(block)
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
	late := f.setBlocked(true, 4)
	epoch := f.epoch
	f.activate()
	f.epoch = epoch
	_, err = f.commit(late)
	require.ErrorIs(f.t, err, eventra.ErrStaleEpoch)
	f.requireDone(f.event.ID.String())
}

func auditedPlaces(f *auditFixture) {
	_, err := f.log.AddFloors(f.ctx, f.event.ID, NewID(), nil, nil, []eventra.Floor{{Name: "FLOOR", Capacity: 100, Price: f.seats[0].Price}})
	require.NoError(f.t, err)
	more, none := 120, -1
	_, err = f.log.ChangeFloor(f.ctx, f.event.ID, "FLOOR", &more, nil)
	require.NoError(f.t, err)
	_, err = f.log.ChangeFloor(f.ctx, f.event.ID, "FLOOR", &none, nil)
	require.Error(f.t, err)
	done := f.requireDone(f.event.ID.String(), eventra.AuditSectionUpdate, eventra.AuditSeatsAdd)
	require.Equal(f.t, map[string]any{"section": "FLOOR", "capacity": 100., "blocked": 0.}, facts(f.t, done[0].Before))
	require.Equal(f.t, map[string]any{"section": "FLOOR", "capacity": 120., "blocked": 0.}, facts(f.t, done[0].After))
	require.Equal(f.t, map[string]any{"seatsTotal": 140., "added": 100., "sections": []any{"FLOOR"}}, facts(f.t, done[1].After))
}

func auditedRefunds(f *auditFixture) {
	b, _ := f.bought(3, 4)
	decide := func(cmd eventra.Command) *eventra.Change {
		d := f.seatMap().Decide(cmd, time.Now())
		require.Equal(f.t, eventra.Accept, d.Verdict, "%v", d.Err)
		return d.Change
	}
	part := decide(&eventra.RefundItems{RefundID: NewID(), BookingID: b.ID, Items: []int{1}, Amount: eventra.ItemsPrice, Release: true, Reason: "ill", By: f.actor})
	f.must(part)
	receipt, err := f.commit(part)
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true}, receipt.Refused)
	f.must(decide(&eventra.EndRefund{Refund: *part.Refund, Outcome: eventra.RefundSucceeded}))
	f.must(decide(&eventra.RefundBooking{BookingID: b.ID, By: f.actor}))
	untold, _ := f.bought(7)
	f.must(decide(&eventra.RefundBooking{BookingID: untold.ID}))
	require.Empty(f.t, f.entries(eventra.AuditFilter{Subject: untold.ID.String()}))

	done := f.requireDone(b.ID.String(), eventra.AuditBookingRefund, eventra.AuditBookingRefund)
	require.Equal(f.t, map[string]any{"amount": float64(f.seats[3].Price.Amount), "currency": "EUR", "items": []any{1.}, "released": true, "reason": "ill"},
		facts(f.t, done[1].After))
	require.Equal(f.t, map[string]any{"status": "REFUNDED", "amount": float64(f.seats[4].Price.Amount), "currency": "EUR"}, facts(f.t, done[0].After))
	require.Equal(f.t, f.event.ID, done[0].EventID)
}

func auditedReleases(f *auditFixture) {
	forced, own := f.hold(longHold, 5), f.hold(longHold, 6)
	for b, by := range map[*eventra.Booking]eventra.Actor{forced: f.actor, own: {}} {
		d := f.seatMap().Decide(&eventra.ReleaseHold{BookingID: b.ID, UserID: b.UserID, By: by}, time.Now())
		require.Equal(f.t, eventra.Accept, d.Verdict, "%v", d.Err)
		f.must(d.Change)
	}
	done := f.requireDone(forced.ID.String(), eventra.AuditBookingRelease)
	require.Equal(f.t, map[string]any{"status": "HELD", "customer": forced.UserID.String()}, facts(f.t, done[0].Before))
	require.Empty(f.t, f.entries(eventra.AuditFilter{Subject: own.ID.String()}))
}

func auditedKeys(f *auditFixture) {
	k := &eventra.APIKey{ID: NewID(), Name: "Shop", Scopes: []eventra.Scope{eventra.ScopeEventsWrite}, EventIDs: []eventra.ID{f.event.ID}}
	for i := range 2 {
		_, err := f.log.PutAPIKey(f.ctx, k, [32]byte{byte(i + 1)})
		require.NoError(f.t, err)
	}
	for range 2 {
		require.NoError(f.t, f.log.RevokeAPIKey(f.ctx, k.ID))
	}
	done := f.requireDone(k.ID.String(), eventra.AuditKeyRevoke, eventra.AuditKeySecret, eventra.AuditKeyCreate)
	require.Equal(f.t, map[string]any{"name": "Shop", "scopes": []any{"events:write"}, "eventIds": []any{f.event.ID.String()}}, facts(f.t, done[2].After))
	require.Equal(f.t, map[string]any{"name": "Shop", "version": 1.}, facts(f.t, done[1].After))
}

func auditedAdmin(f *auditFixture) {
	made := NewUser()
	made.Role, made.PasswordHash = eventra.RoleAdmin, []byte("$2a$10$a-very-secret-hash")
	for range 2 {
		require.NoError(f.t, f.store.CreateUser(f.ctx, made))
	}
	require.NoError(f.t, f.store.CreateUser(f.ctx, NewUser()), "registers")
	require.Error(f.t, f.log.MakeAdmin(f.ctx, NewID(), made.PasswordHash))
	require.NoError(f.t, f.log.MakeAdmin(f.ctx, f.user.ID, made.PasswordHash))
	f.requireDone(made.ID.String(), eventra.AuditUserCreate)
	done := f.requireDone(f.user.ID.String(), eventra.AuditUserUpdate)
	require.Equal(f.t, map[string]any{"role": "USER"}, facts(f.t, done[0].Before))
	require.Equal(f.t, map[string]any{"role": "ADMIN", "password": "replaced"}, facts(f.t, done[0].After))
}

func auditedSystem(f *auditFixture) {
	require.NoError(f.t, f.log.MakeAdmin(f.t.Context(), f.user.ID, []byte("a hash")))
	done := f.entries(eventra.AuditFilter{Subject: f.user.ID.String()})
	require.Len(f.t, done, 1)
	require.Equal(f.t, eventra.Actor{Kind: eventra.ActorSystem}, done[0].Actor)
	ctx := eventra.WithActor(f.t.Context(), eventra.Actor{Kind: eventra.ActorCommand})
	require.NoError(f.t, f.log.MakeAdmin(ctx, f.user.ID, []byte("another hash")))
	done = f.entries(eventra.AuditFilter{Subject: f.user.ID.String(), Actor: "command", Action: eventra.AuditUserUpdate})
	require.Len(f.t, done, 1)
	require.Zero(f.t, done[0].Actor.ID)
}

func auditedPages(f *auditFixture) {
	other := NewActor()
	begun := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	var all []eventra.AuditEntry
	for i := range 20 {
		by, action := f.actor, eventra.AuditEventUpdate
		if i%2 == 1 {
			by = other
		}
		if i%4 > 1 {
			action = eventra.AuditEventCancel
		}
		e := by.AboutEvent(NewID(), action, f.event.ID, nil, eventra.Facts{"i": i})
		e.At = begun.Add(time.Duration(i/3) * time.Second)
		all = append(all, e)
	}
	require.NoError(f.t, f.log.AppendAudit(f.t.Context(), all...))
	require.NoError(f.t, f.log.AppendAudit(f.t.Context(), all...), "the same entries once more")
	subject, id := f.event.ID.String(), f.actor.ID.String()
	for name, c := range map[string]struct {
		filter eventra.AuditFilter
		want   func(i int) bool
	}{
		"one subject":            {eventra.AuditFilter{Subject: subject, To: begun.Add(time.Minute)}, func(int) bool { return true }},
		"one actor":              {eventra.AuditFilter{Actor: id}, func(i int) bool { return i%2 == 0 }},
		"all filters":            {eventra.AuditFilter{Actor: id, Subject: subject, Action: eventra.AuditEventCancel}, func(i int) bool { return i%4 == 2 }},
		"an actor and an action": {eventra.AuditFilter{Actor: id, Action: eventra.AuditEventCancel}, func(i int) bool { return i%4 == 2 }},
		"an action in time": {eventra.AuditFilter{Action: eventra.AuditEventCancel, From: begun.Add(time.Second), To: begun.Add(3 * time.Second)},
			func(i int) bool { return i%4 > 1 && i >= 3 && i < 9 }},
		"time alone": {eventra.AuditFilter{From: begun.Add(2 * time.Second), To: begun.Add(time.Minute)}, func(i int) bool { return i >= 6 }},
		"nobody":     {eventra.AuditFilter{Actor: NewID().String()}, func(int) bool { return false }},
	} {
		var want, got []float64
		for i := range slices.Backward(all) {
			if c.want(i) {
				want = append(want, float64(i))
			}
		}
		page := eventra.Page{Limit: 3}
		for more := true; more; more = page.Cursor != nil {
			entries, next, err := f.log.AuditEntries(f.t.Context(), c.filter, page)
			require.NoError(f.t, err)
			for _, e := range entries {
				got = append(got, facts(f.t, e.After)["i"].(float64))
			}
			page.Cursor = next
		}
		require.Equal(f.t, want, got, name)
	}
}
