package linearizable

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
)

// refund returns the price of items under a key of its own.
func (s *script) refund(from, to int, booking, key string, status int, items ...int) *script {
	o := client.Operation{Kind: client.RefundPart, Booking: booking, Key: key, Status: status,
		Return: client.Refund{Items: items, Amount: client.ItemsPrice, Released: true}}
	if status == 201 {
		o.Returned = client.Refund{ID: key, Items: items, Released: true, Status: "SUCCEEDED"}
	}
	return s.op(from, to, o)
}

func (s *script) refundRest(from, to int, booking string, status int) *script {
	return s.op(from, to, client.Operation{Kind: client.RefundRest, Booking: booking, Key: "rest", Status: status, State: "REFUNDED"})
}

// stored adds a refund to the end state.
func (s *script) stored(booking, key string, items ...int) *script {
	if s.Stored.Refunds == nil {
		s.Stored.Refunds = map[string][]ledger.StoredRefund{}
	}
	r := client.Refund{ID: key, Items: items, Released: true, Status: "SUCCEEDED"}
	s.Stored.Refunds[booking] = append(s.Stored.Refunds[booking], ledger.StoredRefund{Refund: r})
	return s
}

func bought() *script {
	return newScript().hold(0, 10, "b1", "A-1-1 A-1-2").pay(20, 30, "b1", "tok_ok", 201, "")
}

func TestHistory_RefundsOfItems(t *testing.T) {
	one := func() *script { return bought().refund(40, 50, "b1", "r1", 201, 1) }
	require.Equal(t, Linearizable, one().look(60, 70, "A-1-2=BOOKED").hold(80, 90, "b2", "A-1-1").refused(100, 110, "A-1-1 A-1-2", "A-1-1 A-1-2").
		read(120, 130, "b1", "CONFIRMED").end("b1=CONFIRMED:A-1-1,A-1-2 b2=HELD:A-1-1").stored("b1", "r1", 1).verdict())
	require.Equal(t, Violated, one().look(60, 70, "A-1-1=BOOKED A-1-2=BOOKED").verdict())
	require.Equal(t, Violated, one().hold(60, 70, "b2", "A-1-2").verdict(), "it has that seat still")
	require.Equal(t, Violated, one().hold(60, 70, "b2", "A-1-1").hold(80, 90, "b3", "A-1-1").verdict(), "sold twice")
	require.Equal(t, Violated, newScript().hold(0, 10, "b1", "A-1-1").refund(40, 50, "b1", "r1", 201, 1).verdict(), "nobody has paid")

	both := func() *script { return one().refund(60, 70, "b1", "r2", 201, 2) }
	require.Equal(t, Linearizable, both().read(80, 90, "b1", "REFUNDED").look(80, 90, "").verdict())
	require.Equal(t, Violated, both().read(80, 90, "b1", "CONFIRMED").verdict())
	require.Equal(t, Violated, both().refund(80, 90, "b1", "r3", 201, 1).verdict(), "it is released")
}

func TestHistory_RefundsWithoutAnswers(t *testing.T) {
	lost := func() *script { return bought().refund(40, 50, "b1", "r1", noAnswer, 1) }
	require.Equal(t, Linearizable, lost().hold(80, 90, "b2", "A-1-1").verdict())
	require.Equal(t, Linearizable, lost().refused(80, 90, "A-1-1", "A-1-1").verdict())
	require.Equal(t, Linearizable, lost().refused(80, 90, "A-1-1", "A-1-1").hold(100, 110, "b2", "A-1-1").
		end("b1=CONFIRMED:A-1-1,A-1-2 b2=HELD:A-1-1").stored("b1", "r1", 1).verdict(), "late")
	require.Equal(t, Violated, lost().hold(80, 90, "b2", "A-1-1").end("b1=CONFIRMED:A-1-1,A-1-2 b2=HELD:A-1-1").verdict(), "not stored")
	require.Equal(t, Linearizable, lost().refund(60, 70, "b1", "r1", 201, 1).refused(45, 55, "A-1-1", "A-1-1").hold(80, 90, "b2", "A-1-1").verdict())
}

func TestHistory_WholeRefunds(t *testing.T) {
	require.Equal(t, Linearizable, bought().refundRest(40, 50, "b1", 200).hold(60, 70, "b2", "A-1-1 A-1-2").
		end("b1=REFUNDED:A-1-1,A-1-2 b2=HELD:A-1-1,A-1-2").verdict())
	require.Equal(t, Violated, bought().refundRest(40, 50, "b1", 200).refused(60, 70, "A-1-1", "A-1-1").verdict())
	require.Equal(t, Linearizable, bought().refund(40, 80, "b1", "r1", 201, 1).refundRest(40, 80, "b1", 200).read(90, 100, "b1", "REFUNDED").verdict())
	require.Equal(t, Violated, bought().refundRest(40, 50, "b1", 200).refund(60, 70, "b1", "r1", 201, 1).verdict())
}
