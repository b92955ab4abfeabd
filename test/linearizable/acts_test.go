package linearizable

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
)

func (s *script) act(from, to int, kind client.Kind, act, seats string, status int) *script {
	o := client.Operation{Kind: kind, Act: act, Seats: strings.Fields(seats), Status: status}
	if status == 409 {
		o.Code, o.Unavailable = "seats_unavailable", o.Seats
	}
	return s.op(from, to, o)
}

// offSale sets the status of a seat in the end state.
func (s *script) offSale(seat, status string) *script {
	if s.Stored.Taken == nil {
		s.Stored.Taken = map[ledger.EventSeat]ledger.StoredSeat{}
	}
	s.Stored.Taken[ledger.EventSeat{Event: "show", Seat: seat}] = ledger.StoredSeat{Status: status}
	return s
}

func TestHistory_BlockedSeats(t *testing.T) {
	block := func() *script { return newScript().act(0, 10, client.Block, "x", "A-1-1 A-1-2", 200) }
	require.Equal(t, Linearizable, block().refused(20, 30, "A-1-1", "A-1-1").look(20, 30, "A-1-1=BLOCKED A-1-2=BLOCKED").
		end("").offSale("A-1-1", "BLOCKED").verdict())
	require.Equal(t, Violated, block().hold(20, 30, "b1", "A-1-2").verdict())
	require.Equal(t, Violated, block().look(20, 30, "").verdict())
	require.Equal(t, Violated, newScript().refused(20, 30, "A-1-1", "A-1-1").verdict())

	unblock := func() *script { return block().act(20, 30, client.Unblock, "y", "A-1-1 A-1-2", 200) }
	require.Equal(t, Linearizable, unblock().hold(40, 50, "b1", "A-1-2").end("b1=HELD:A-1-2").verdict())
	require.Equal(t, Violated, unblock().refused(40, 50, "A-1-2", "A-1-2").verdict())
	require.Equal(t, Linearizable, unblock().act(40, 50, client.Block, "z", "A-1-2", 200).refused(60, 70, "A-1-2", "A-1-2").
		end("").offSale("A-1-2", "BLOCKED").verdict())
	require.Equal(t, Violated, newScript().act(20, 30, client.Block, "x", "A-1-1", 409).verdict(), "nobody had it")
}

func TestHistory_ActsWithoutAnswers(t *testing.T) {
	lost := func() *script { return newScript().act(0, 10, client.Block, "x", "A-1-1", noAnswer) }
	require.Equal(t, Linearizable, lost().hold(20, 30, "b1", "A-1-1").end("b1=HELD:A-1-1").verdict(), "never carried out")
	require.Equal(t, Linearizable, lost().refused(20, 30, "A-1-1", "A-1-1").end("").offSale("A-1-1", "BLOCKED").verdict(), "carried out")
	require.Equal(t, Violated, lost().refused(20, 30, "A-1-1", "A-1-1").end("").verdict())
	retried := lost().act(20, 30, client.Block, "x", "A-1-1", 200)
	require.Equal(t, Linearizable, retried.refused(40, 50, "A-1-1", "A-1-1").end("").offSale("A-1-1", "BLOCKED").verdict())
}

func TestHistory_RemovedSeats(t *testing.T) {
	remove := func() *script { return newScript().act(0, 10, client.Remove, "x", "A-1-2", 200) }
	shown := func(s *script) *script {
		s.look(20, 30, "")
		delete(s.Operations[len(s.Operations)-1].SeatMap, "A-1-2")
		return s
	}
	require.Equal(t, Linearizable, shown(remove()).end("").offSale("A-1-2", "REMOVED").verdict())
	require.Equal(t, Violated, shown(newScript()).verdict())
	require.Equal(t, Violated, remove().hold(20, 30, "b1", "A-1-2").verdict())
	require.Equal(t, Violated, remove().tooFew(20, 30, 3).verdict(), "its neighbours are side by side: 1, 3 and 4")
	require.Equal(t, Linearizable, remove().tooFew(20, 30, 4).verdict())
}

func TestHistory_ThatIsCut(t *testing.T) {
	s := newScript().hold(0, 10, "b1", "A-1-1").lost(20, 30, "b2", "A-1-2").end("b1=REFUNDED:A-1-1 b2=CANCELLED:A-1-2")
	require.Equal(t, Violated, s.verdict(), "nobody refunded it in the history")
	s.Cut = true
	require.Equal(t, Linearizable, s.refused(40, 50, "A-1-2", "A-1-2").verdict())
}
