package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

func TestAddSeats_AddsAllOrNone(t *testing.T) {
	t.Parallel()
	db := open(t)
	event := persistencetest.NewEvent()
	require.NoError(t, db.PutTerms(t.Context(), event))
	seats := persistencetest.NewSeats(300)
	add := func(seats ...eventra.Seat) error {
		_, err := db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), seats)
		return err
	}
	named := func(err error) []string {
		var e *eventra.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, eventra.CodeSeatExists, e.Code)
		return e.Seats
	}

	require.Equal(t, []string{seats[0].Name()}, named(add(seats[0], seats[1], seats[0])), "twice in one request")
	require.NoError(t, add(seats[:150]...))
	require.NoError(t, add())

	clash := named(add(seats[100:]...))
	require.Len(t, clash, 50)
	require.Equal(t, seats[100].Name(), clash[0])
	require.Len(t, named(add(seats...)), 100, "it names at most a hundred")

	dollars := seats[200]
	dollars.Price.Currency = "USD"
	for _, err := range []error{add(dollars), add(seats[201], dollars)} {
		var e *eventra.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, eventra.CodeValidationFailed, e.Code)
		require.Len(t, e.Fields, 1)
		require.Contains(t, e.Fields[0].Field, "price.currency")
	}

	total, err := db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), seats[150:])
	require.NoError(t, err)
	require.Equal(t, len(seats), total)
	snapshot, err := db.Activate(t.Context(), event.ID)
	require.NoError(t, err)
	require.Equal(t, seats, snapshot.Seats, "all or nothing, in the order in which they came")
	require.EqualValues(t, 1, snapshot.States[0].Version)
	require.EqualValues(t, 2, snapshot.States[299].Version)
}

// A lost answer makes a client ask again. It learns what its first request did, whatever was
// added since, and also after the event was cancelled.
func TestAddSeats_AddsTheSameOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	event := persistencetest.NewEvent()
	require.NoError(t, db.PutTerms(t.Context(), event))
	seats, first := persistencetest.NewSeats(12), persistencetest.NewID()
	for range 2 {
		total, err := db.AddSeats(t.Context(), event.ID, first, seats[:5])
		require.NoError(t, err)
		require.Equal(t, 5, total)
	}
	total, err := db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), seats[5:])
	require.NoError(t, err)
	require.Equal(t, 12, total)
	_, err = db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), seats[:5])
	require.Equal(t, eventra.CodeSeatExists, eventra.CodeOf(err), "another request")
	event.Status, event.Version = eventra.EventCancelled, event.Version+1
	require.NoError(t, db.PutTerms(t.Context(), event))
	for addition, want := range map[eventra.ID]int{first: 5, persistencetest.NewID(): 0} {
		total, made, err := db.SeatsAdded(t.Context(), event.ID, addition)
		require.NoError(t, err)
		require.Equal(t, want, total)
		require.Equal(t, want > 0, made)
	}
	stored, err := db.SeatsTotal(t.Context(), event.ID)
	require.NoError(t, err)
	require.Equal(t, 12, stored)
	require.NoError(t, db.DeleteEvent(t.Context(), event.ID))
}

func TestAddSeats_AddsAHundredThousand(t *testing.T) {
	t.Parallel()
	db := open(t)
	event := persistencetest.NewEvent()
	require.NoError(t, db.PutTerms(t.Context(), event))
	seats := persistencetest.NewSeats(eventra.SeatsPerEventMax)
	begun := time.Now()
	_, err := db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), seats)
	require.NoError(t, err)
	added := time.Since(begun)

	begun = time.Now()
	snapshot, err := db.Activate(t.Context(), event.ID)
	require.NoError(t, err)
	t.Logf("added in %v, loaded in %v", added, time.Since(begun))
	require.Equal(t, seats, snapshot.Seats)

	more := seats[0]
	more.Section = "Z"
	_, err = db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), []eventra.Seat{more})
	require.Equal(t, eventra.CodeValidationFailed, eventra.CodeOf(err))
	total, err := db.SeatsTotal(t.Context(), event.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.SeatsPerEventMax, total)
}

// A plan that was made for almost empty tables has to serve the large event that
// comes next, before ANALYZE has counted its rows.
func TestCommit_KeepsItsPaceWhileTablesGrow(t *testing.T) {
	t.Parallel()
	db := open(t)
	small := newSale(t, db, 40)
	for range 10 {
		small.hold(t, 2)
	}
	large := newSale(t, db, 50_000)
	begun := time.Now()
	for range 20 {
		large.hold(t, 200)
	}
	require.Less(t, time.Since(begun), 10*time.Second, "each batch reads all of the event's seats")
}

// TestAddSeats_KeepsWhatIsStored: names that earlier releases have accepted, though
// people cannot tell them apart, get more seats like any others.
func TestAddSeats_KeepsWhatIsStored(t *testing.T) {
	t.Parallel()
	db := open(t)
	event := persistencetest.NewEvent()
	require.NoError(t, db.PutTerms(t.Context(), event))
	seat := func(section, row string, number int) eventra.Seat {
		return eventra.Seat{Section: section, Row: row, Number: number, Price: eventra.Money{Amount: 1, Currency: "EUR"}}
	}
	add := func(seats ...eventra.Seat) error {
		_, err := db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), seats)
		return err
	}
	require.NoError(t, add(seat("A", "1", 1), seat("A", "2", 1)))
	require.NoError(t, db.WithConn(t.Context(), time.Second, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `UPDATE seats SET row_label = '01' WHERE event_id = $1 AND row_label = '2'`, event.ID)
		return err
	}))
	require.NoError(t, add(seat("A", "1", 2), seat("A", "01", 2)))
	err := add(seat("A", "3", 1), seat("A", "001", 1), seat("А", "1", 1))
	var e *eventra.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, eventra.CodeSeatExists, e.Code)
	require.Equal(t, []string{"A-001-1", "А-1-1"}, e.Seats)
}
