package persistencetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// EventStore is what the suite needs of an implementation: the sale itself, and
// reads that show its effects.
type EventStore interface {
	PutTerms(ctx context.Context, e *eventra.Event) error
	PutCustomer(ctx context.Context, c *eventra.ShopCustomer) (eventra.ID, error)
	AddSeats(ctx context.Context, eventID, addition eventra.ID, seats []eventra.Seat, categories ...string) (int, error)
	PutPricing(ctx context.Context, eventID eventra.ID, ifVersion int64, p *eventra.Pricing) (*eventra.Pricing, error)
	SetCategory(ctx context.Context, eventID eventra.ID, selection eventra.SeatSelection, category string) (eventra.SeatsChanged, error)
	Layout(ctx context.Context, eventID eventra.ID, seats int) (*eventra.Layout, error)
	ConfirmedOf(ctx context.Context, eventID eventra.ID, bookings, customers []eventra.ID) ([]*eventra.Booking, error)
	RemoveSeats(ctx context.Context, eventID, removal eventra.ID, seats []string) (int, error)
	ChangeFloor(ctx context.Context, eventID eventra.ID, name string, capacity, blocked *int) (eventra.StoredFloor, error)
	AddFloors(ctx context.Context, eventID, addition eventra.ID, seats []eventra.Seat, categories []string, floors []eventra.Floor) (int, error)
	DeleteEvent(ctx context.Context, id eventra.ID) error
	SeatsTotal(ctx context.Context, id eventra.ID) (int, error)

	Activate(ctx context.Context, eventID eventra.ID) (*eventra.Snapshot, error)
	Commit(ctx context.Context, batch *eventra.Batch) (eventra.Receipt, error)
	CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error)
	Booking(ctx context.Context, id eventra.ID) (*eventra.Booking, error)
	UserBookings(ctx context.Context, userID eventra.ID, f eventra.BookingFilter, p eventra.Page) ([]*eventra.Booking, *eventra.Cursor, error)
	Blocking(ctx context.Context, eventID, id eventra.ID) (*eventra.Blocking, error)
	Blocks(ctx context.Context, eventID eventra.ID, p eventra.Page) ([]eventra.SeatBlock, *eventra.Cursor, error)
	EventsWithHoldsDue(ctx context.Context, ahead time.Duration, limit int) ([]eventra.ID, error)

	Payment(ctx context.Context, id eventra.ID) (*eventra.Payment, error)
	BookingPayments(ctx context.Context, bookingID eventra.ID, p eventra.Page) ([]eventra.Payment, *eventra.Cursor, error)
	ClaimOpenPayments(ctx context.Context, refundAge, pauseMin, pauseMax time.Duration, limit int) ([]eventra.Payment, error)
	MarkRefunded(ctx context.Context, id eventra.ID) error
	Refund(ctx context.Context, id eventra.ID) (*eventra.Refund, error)
	BookingRefunds(ctx context.Context, bookingID eventra.ID, p eventra.Page) ([]eventra.Refund, *eventra.Cursor, error)
	ClaimOpenRefunds(ctx context.Context, age, pauseMin, pauseMax time.Duration, limit int) ([]eventra.Refund, error)
	ReturnRest(ctx context.Context, payment eventra.ID) error

	Begin(ctx context.Context, attempt *eventra.IdempotencyAttempt) (*eventra.IdempotencyClaim, error)
	Finish(ctx context.Context, attempt *eventra.IdempotencyAttempt, outcome eventra.StoredResponse) error

	CreateUser(ctx context.Context, u *eventra.User) error
	Due(ctx context.Context, box eventra.MailBox, limit int, lease time.Duration) ([]eventra.MailRef, error)
	Mail(ctx context.Context, ref eventra.MailRef) (*eventra.Mail, eventra.MailState, error)
	MarkSent(ctx context.Context, ref eventra.MailRef) error
	Withhold(ctx context.Context, ref eventra.MailRef) error

	Cancellation(ctx context.Context, eventID eventra.ID) (*eventra.Cancellation, error)
	ClaimCancellation(ctx context.Context, lease time.Duration) (*eventra.CancellationClaim, error)
	ConfirmedBookings(ctx context.Context, eventID eventra.ID, limit int) ([]eventra.ID, error)
	EndCancellationClaim(ctx context.Context, claim *eventra.CancellationClaim, pause time.Duration) error
	Rescheduled(ctx context.Context, id eventra.ID) (bool, error)
	TellRescheduled(ctx context.Context, limit int) (more bool, err error)
	RefundBuyers(ctx context.Context, eventID eventra.ID, reason string) (started bool, err error)
}

// RunEventStore checks the contract of the authority over seats. Stores may share
// a database: every case has an event of its own.
func RunEventStore(t *testing.T, open func(*testing.T) EventStore) {
	cases := map[string]func(*fixture){
		"an unknown event":                            unknownEvent,
		"a snapshot is complete":                      snapshotComplete,
		"a new epoch fences the old one off":          fenced,
		"changed terms and new seats fence":           fencedByTerms,
		"a hold":                                      held,
		"a hold of a taken seat writes nothing":       heldTaken,
		"a booking is made once":                      heldTwice,
		"places are counted":                          placesHeld,
		"places are given back":                       placesGivenBack,
		"places of bookings that are counted":         placesCounted,
		"a section of places changes":                 placesChanged,
		"places have categories and ticket types":     placesPriced,
		"a section takes a category of the event":     placesOfCategory,
		"an event may have places alone":              placesAlone,
		"a hold is written with its key":              heldWithKey,
		"a used key refuses one hold alone":           heldWithUsedKey,
		"a batch that fails writes no key":            failedWithKey,
		"holds of several events under the same keys": sameKeys,
		"a customer's limit":                          customerLimit,
		"a customer's limit and a late payment":       customerLimitOfLateMoney,
		"a limit that nobody can reach":               customerLimitNotGuarded,
		"a release":                                   released,
		"an expiry obeys the deadline":                expired,
		"an expiry waits for a payment's grace":       expiredPaying,
		"a payment begins before the deadline":        paymentStarted,
		"a payment fails":                             paymentEnded,
		"a confirmation":                              confirmation,
		"a late payment gets the same seats":          rebooked,
		"a late payment that was ended before":        rebookedEnded,
		"a late payment finds the seats taken":        rebookedTaken,
		"a late payment is due back":                  refundDue,
		"a refund":                                    refunded,
		"refunds of items":                            itemsRefunded,
		"refunds of a shop's customer":                refundsOfCustomers,
		"many kinds in one batch":                     manyKinds,
		"a merged batch is one transaction":           merged,
		"a merged batch with a fault is split":        split,
		"one of many concurrent holds wins":           concurrentHolds,
		"an acknowledged hold survives a take-over":   takeOvers,
		"a user's bookings":                           userBookings,
		"holds that are due":                          holdsDue,
		"blocked seats":                               blocked,
		"a taken seat is not blocked":                 blockedTaken,
		"a blocking is made once":                     blockedTwice,
		"an event's blocks":                           blocksByPage,
		"a pricing of an event without seats":         pricingFirst,
		"a pricing is derived and made its own":       pricingDerived,
		"a pricing changes and holds keep theirs":     pricingChanges,
		"seats get another category":                  seatsGetCategory,
		"a pricing that must not be":                  pricingRefused,
		"seats are added by category and by price":    seatsByCategory,
		"a deleted event":                             deletedEvent,
		"removed seats":                               removedSeats,
		"seats are added and removed at once":         seatChangesAtOnce,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(newFixture(t, open(t)))
		})
	}
}

func unknownEvent(f *fixture) {
	_, err := f.store.Activate(f.t.Context(), NewID())
	require.Equal(f.t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	_, err = f.store.SeatsTotal(f.t.Context(), NewID())
	require.Equal(f.t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	_, err = f.store.AddSeats(f.t.Context(), NewID(), NewID(), NewSeats(1))
	require.Equal(f.t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	_, err = f.store.Commit(f.t.Context(), &eventra.Batch{EventID: NewID(), Epoch: 1, Version: 1})
	require.ErrorIs(f.t, err, eventra.ErrStaleEpoch)
	f.requireGone(f.booking(0))
}

func snapshotComplete(f *fixture) {
	b := f.hold(longHold, 7, 3, 5)
	p := f.pay(b, grace)
	paid, payment := f.bought(11)
	f.must(change(eventra.Released, f.hold(longHold, 20)))
	before := f.epoch

	s := f.activate()
	require.Equal(f.t, f.event.ID, s.EventID)
	require.Equal(f.t, before+1, s.Epoch)
	require.Equal(f.t, f.event.SaleTerms(), s.Terms)
	require.Equal(f.t, f.seats, s.Seats)
	require.WithinDuration(f.t, time.Now(), s.Now, time.Minute)
	require.Len(f.t, s.Bookings, 2)
	for _, live := range s.Bookings {
		stored, err := f.store.Booking(f.t.Context(), live.ID)
		require.NoError(f.t, err)
		require.Equal(f.t, stored, live, "a snapshot and a single read agree")
		if live.ID == paid.ID {
			require.Equal(f.t, payment.ID, live.PaymentID)
			require.Zero(f.t, live.PayingUntil)
			continue
		}
		require.Equal(f.t, b.Items, live.Items, "in the booking's order")
		require.Equal(f.t, b.Total, live.Total)
		require.Equal(f.t, p.ID, live.PaymentID)
		require.Equal(f.t, b.ExpiresAt, live.ExpiresAt)
		require.Equal(f.t, b.CreatedAt, live.CreatedAt)
		require.True(f.t, live.PayingUntil.After(live.CreatedAt))
	}
	for no, state := range s.States {
		switch no {
		case 3, 5, 7:
			require.Equal(f.t, eventra.SeatHeld, state.Status)
			require.Equal(f.t, b.ID, state.Booking)
		case 11:
			require.Equal(f.t, eventra.SeatBooked, state.Status)
		default:
			require.Equal(f.t, eventra.SeatAvailable, state.Status)
			require.Zero(f.t, state.Booking)
		}
	}
	require.Greater(f.t, s.States[20].Version, s.States[0].Version, "a seat that was held and released has changed, too")
}

func fenced(f *fixture) {
	stale := f.batch(longHold, change(eventra.Held, f.booking(1)))
	f.activate()
	_, err := f.store.Commit(f.t.Context(), stale)
	require.ErrorIs(f.t, err, eventra.ErrStaleEpoch)
	f.requireGone(stale.Changes[0].Booking)
	f.requireSeat(1, eventra.SeatAvailable, nil)
	f.hold(longHold, 1)
}

func fencedByTerms(f *fixture) {
	f.event.Title, f.event.Version = "Renamed", 2
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), f.event))
	f.hold(longHold, 0) // a title is no term of the sale

	f.event.MaxSeatsPerCustomer, f.event.OrphanRule, f.event.Version = 0, "", 3
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), f.event))
	_, err := f.commit(change(eventra.Held, f.booking(1)))
	require.ErrorIs(f.t, err, eventra.ErrStaleEpoch)
	terms := f.activate().Terms
	require.Zero(f.t, terms.MaxSeatsPerCustomer)
	require.Equal(f.t, eventra.OrphanOff, terms.OrphanRule)

	f.event.Become(eventra.EventCancelled)
	f.event.Version = 4
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), f.event))
	_, err = f.commit(change(eventra.Held, f.booking(1)))
	require.ErrorIs(f.t, err, eventra.ErrStaleEpoch)
	require.Equal(f.t, f.event.SaleTerms().EverPublished, f.activate().Terms.EverPublished)
	require.Equal(f.t, eventra.EventCancelled, f.activate().Terms.Status)

	before := f.activate()
	late := *f.event
	late.Status, late.Version = eventra.EventPublished, 2
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), &late))
	f.hold(longHold, 1)
	require.Equal(f.t, eventra.EventCancelled, f.activate().Terms.Status, "an older copy changes nothing")

	_, err = f.store.AddSeats(f.t.Context(), f.event.ID, NewID(), []eventra.Seat{{Section: "Z", Row: "1", Number: 1, Price: f.seats[0].Price}})
	require.NoError(f.t, err)
	_, err = f.commit(change(eventra.Held, f.booking(2)))
	require.ErrorIs(f.t, err, eventra.ErrStaleEpoch)
	s := f.activate()
	require.Len(f.t, s.Seats, len(f.seats)+1)
	require.Greater(f.t, s.States[40].Version, s.States[1].Version, "new seats are the latest change")
	require.Equal(f.t, s.States[40].Version, s.LayoutVersion, "a reader of an older version does not know them")
	require.EqualValues(f.t, 1, before.LayoutVersion, "a sale adds no seats")
}

func concurrentHolds(f *fixture) {
	const callers = 16
	var won, lost int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range callers {
		batch := f.batch(longHold, change(eventra.Held, f.booking(8, 9)))
		all.Go(func() {
			_, err := f.store.Commit(f.t.Context(), batch)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, eventra.ErrDiverged):
				lost++
			}
		})
	}
	all.Wait()
	require.Equal(f.t, 1, won)
	require.Equal(f.t, callers-1, lost)
	require.Len(f.t, f.activate().Bookings, 1)
}

// takeOvers lets activations take the event from each other while each sells. Later
// activations see every acknowledged hold, and none that was fenced off.
func takeOvers(f *fixture) {
	const activations = 6
	var mu sync.Mutex
	acknowledged := map[eventra.ID]bool{}
	var all sync.WaitGroup
	for i := range activations {
		bookings := make([]*eventra.Booking, 6)
		for j := range bookings {
			bookings[j] = f.booking(eventra.SeatNo(i*len(bookings) + j))
		}
		all.Go(func() {
			s, err := f.store.Activate(f.t.Context(), f.event.ID)
			if err != nil {
				f.t.Error(err)
				return
			}
			for _, b := range bookings {
				_, err := f.store.Commit(f.t.Context(), &eventra.Batch{EventID: f.event.ID, Epoch: s.Epoch, Version: 100,
					Hold: longHold, Changes: []*eventra.Change{change(eventra.Held, b)}})
				if err != nil && !errors.Is(err, eventra.ErrStaleEpoch) {
					f.t.Error(err)
				}
				mu.Lock()
				acknowledged[b.ID] = err == nil
				mu.Unlock()
			}
		})
	}
	all.Wait()
	stored := map[eventra.ID]bool{}
	for _, b := range f.activate().Bookings {
		stored[b.ID] = true
	}
	for id, ok := range acknowledged {
		require.Equal(f.t, ok, stored[id])
	}
}

func deletedEvent(f *fixture) {
	total, err := f.store.SeatsTotal(f.t.Context(), f.event.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, len(f.seats), total)

	f.must(change(eventra.Released, f.hold(longHold, 0)))
	require.Equal(f.t, eventra.CodeEventHasBookings, eventra.CodeOf(f.store.DeleteEvent(f.t.Context(), f.event.ID)))

	unsold := NewEvent()
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), unsold))
	_, err = f.store.AddSeats(f.t.Context(), unsold.ID, NewID(), NewSeats(10))
	require.NoError(f.t, err)
	for range 2 {
		require.NoError(f.t, f.store.DeleteEvent(f.t.Context(), unsold.ID), "repeating it is harmless")
	}
	_, err = f.store.Activate(f.t.Context(), unsold.ID)
	require.Equal(f.t, eventra.CodeEventNotFound, eventra.CodeOf(err))
}
