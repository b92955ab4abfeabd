package actors

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// forgetful is a store whose first commit is carried out, and forgotten.
type forgetful struct {
	*authority
	commits int
}

func (f *forgetful) CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	f.commits++
	forgets := f.commits == 1
	receipts, err := f.authority.CommitTogether(ctx, batches)
	if forgets {
		f.s.sleep(time.Second)
		return nil, eventra.ErrOutcomeUnknown
	}
	return receipts, err
}

// TestNothingIsShownFromBehindAnUnknownOutcome: of two flights in the air the
// first one's outcome is unknown. Readers who ask for what has changed see the
// seats of both, whenever they ask.
func TestNothingIsShownFromBehindAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	s := newSimulation(1)
	s.crew, s.calm, s.odds = &crew{}, true, odds{}
	defer s.crew.dismiss()
	s.owner.runways.Store = &forgetful{authority: s.db}
	var told []*reply
	ask := func(at time.Duration, msg any) {
		s.after(at, func() {
			s.start(nil, func() {
				r, err := s.desk.ask(msg)
				require.NoError(t, err)
				told = append(told, r)
			})
		})
	}
	for i := range 2 {
		ask(time.Duration(i)*100*time.Millisecond, &command{cmd: &eventra.HoldSeats{
			BookingID: idOf('b', i+1), UserID: idOf('u', i+1), Seats: []string{s.house.seats[i].Name()}}})
	}
	for at := 50 * time.Millisecond; at < 2*time.Second; at += time.Millisecond {
		ask(at, &readSeats{}) // checkRead compares
	}
	require.NotPanics(t, func() { s.play(4 * time.Second) })
	require.Equal(t, []eventra.SeatStatus{eventra.SeatHeld, eventra.SeatHeld}, s.copy.Status[:2])
	require.EqualValues(t, 2, s.db.epoch, "it was loaded once more")
	require.Len(t, told, 1952)
}
