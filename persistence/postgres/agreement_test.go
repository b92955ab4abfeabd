package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
)

// After any sequence of commits, the core's memory equals what the next activation
// reads from the store.
func TestSeatMap_AgreesWithTheStore(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	db := openAt(t, url)
	raw, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(raw.Close)

	rapid.Check(t, func(rt *rapid.T) {
		a := newAgreement(rt, db, raw)
		rt.Repeat(map[string]func(*rapid.T){
			"":      a.compare,
			"batch": a.commit,
			"later": a.later,
		})
	})
}

// agreement is one event in memory and in the store, with all bookings and payments
// that were ever made, so that commands also meet those that have ended.
type agreement struct {
	db       *postgres.DB
	raw      *pgxpool.Pool
	event    eventra.ID
	user     eventra.ID
	epoch    int64
	now      time.Time
	seats    *eventra.SeatMap
	bookings []*eventra.Booking
	payments []*eventra.Payment
	outcomes map[eventra.ID]eventra.PaymentStatus // a gateway's outcome never changes
}

func newAgreement(t *rapid.T, db *postgres.DB, raw *pgxpool.Pool) *agreement {
	event := persistencetest.NewEvent()
	event.MaxSeatsPerCustomer, event.OrphanRule = 5, eventra.OrphanOff
	require.NoError(t, db.PutTerms(t.Context(), event))
	_, err := db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), persistencetest.NewSeats(12))
	require.NoError(t, err)
	a := &agreement{db: db, raw: raw, event: event.ID, user: persistencetest.NewID(),
		outcomes: map[eventra.ID]eventra.PaymentStatus{}}
	a.seats = a.reload(t)
	return a
}

func (a *agreement) reload(t *rapid.T) *eventra.SeatMap {
	snapshot, err := a.db.Activate(t.Context(), a.event)
	require.NoError(t, err)
	seats, err := eventra.NewSeatMap(snapshot)
	require.NoError(t, err)
	a.epoch, a.now = snapshot.Epoch, snapshot.Now
	return seats
}

func (a *agreement) compare(t *rapid.T) {
	require.NoError(t, a.seats.CheckInvariants())
	stored := a.reload(t)
	require.Equal(t, a.seats.Version(), stored.Version())
	require.Equal(t, a.seats.View().Status, stored.View().Status)
	require.Equal(t, a.seats.View().Changed, stored.View().Changed)
	for _, b := range a.bookings {
		live := a.seats.Live(b.ID)
		if live != nil {
			kept := *live
			kept.LeavesSingleSeat = false // which is for the answer to the hold alone
			live = &kept
		}
		require.Equal(t, live, stored.Live(b.ID))
	}
}

// later lets an hour pass, which ends every hold and every grace.
func (a *agreement) later(t *rapid.T) {
	err := pgx.BeginFunc(context.Background(), a.raw, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE bookings SET expires_at = expires_at - interval '1 hour',
			paying_until = paying_until - interval '1 hour' WHERE event_id = $1`, a.event)
		return err
	})
	require.NoError(t, err)
	a.seats = a.reload(t)
}

func (a *agreement) commit(t *rapid.T) {
	batch := &eventra.Batch{EventID: a.event, Epoch: a.epoch, Version: a.seats.Version() + 1, Hold: a.seats.Terms().Hold(),
		CustomerLimit: a.seats.CustomerLimit()}
	for range rapid.IntRange(1, 8).Draw(t, "commands") {
		cmd := a.command(t)
		if d := a.seats.Decide(cmd, a.now); d.Verdict == eventra.Accept {
			batch.Changes = append(batch.Changes, d.Change)
		}
	}
	receipt, err := a.db.Commit(t.Context(), batch)
	require.NoError(t, err)
	for i, c := range batch.Changes {
		if receipt.Refused != nil && receipt.Refused[i] {
			a.seats.Withdraw(c)
			continue
		}
		if c.Kind.TakesSeats() {
			c.Booking.Reference = receipt.References[i]
		}
		a.seats.Apply(c, batch.Version, receipt.At)
		if c.Kind.TakesSeats() {
			a.bookings = append(a.bookings, c.Booking)
		}
		if c.Kind == eventra.PaymentStarted {
			a.payments = append(a.payments, c.Payment)
		}
	}
}

func (a *agreement) command(t *rapid.T) eventra.Command {
	kinds := rapid.SampledFrom([]string{"hold", "hold", "best", "release", "expire", "expire", "pay", "pay", "finish", "finish", "refund", "block", "block"})
	switch kind := kinds.Draw(t, "command"); {
	case kind == "block":
		return &eventra.SetBlocked{BlockingID: persistencetest.NewID(), Author: a.user, Blocked: rapid.Bool().Draw(t, "blocked"),
			Selection: eventra.SeatSelection{Seats: a.someSeats(t)}}
	case kind == "hold" || len(a.bookings) == 0:
		return &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: a.user, Seats: a.someSeats(t)}
	case kind == "best":
		return &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: a.user,
			Best: &eventra.BestAvailable{Quantity: rapid.IntRange(1, 3).Draw(t, "quantity")}}
	case kind == "finish" && len(a.payments) > 0:
		p := rapid.SampledFrom(a.payments).Draw(t, "payment")
		return a.finish(t, p)
	default:
		return a.commandOn(rapid.SampledFrom(a.bookings).Draw(t, "booking"), kind)
	}
}

func (a *agreement) someSeats(t *rapid.T) (names []string) {
	seats := a.seats.View().Layout.Seats
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(seats)-1), 1, 3, rapid.ID).Draw(t, "seats") {
		names = append(names, seats[i].Name())
	}
	return names
}

func (a *agreement) finish(t *rapid.T, p *eventra.Payment) eventra.Command {
	if a.outcomes[p.ID] == "" {
		a.outcomes[p.ID] = rapid.SampledFrom([]eventra.PaymentStatus{eventra.PaymentSucceeded, eventra.PaymentSucceeded,
			eventra.PaymentDeclined, eventra.PaymentFailed}).Draw(t, "outcome")
	}
	finish := &eventra.FinishPayment{Payment: *p, Outcome: a.outcomes[p.ID]}
	for _, b := range a.bookings {
		if b.ID == p.BookingID {
			finish.Items = b.Items
		}
	}
	return finish
}

func (a *agreement) commandOn(b *eventra.Booking, kind string) eventra.Command {
	switch kind {
	case "release":
		return &eventra.ReleaseHold{BookingID: b.ID, UserID: a.user}
	case "expire":
		return &eventra.ExpireHold{BookingID: b.ID}
	case "refund":
		return &eventra.RefundBooking{BookingID: b.ID}
	default:
		return &eventra.StartPayment{PaymentID: persistencetest.NewID(), BookingID: b.ID, UserID: a.user, Method: "mock", Grace: time.Minute}
	}
}
