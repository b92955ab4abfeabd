package http

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestBookings_BelongToTheirOwner(t *testing.T) {
	ts := newTestServer(t)
	for _, part := range []string{"", "/payments"} {
		ts.ok(200, "GET", "/api/v1/bookings/"+ts.bookingID+part, ts.userToken, "")
		ts.problem(ts.send("GET", "/api/v1/bookings/"+ts.bookingID+part, ts.otherToken, ""), 404, eventra.CodeNotFound)
		ts.problem(ts.send("GET", "/api/v1/bookings/"+ts.bookingID+part, ts.adminToken, ""), 404, eventra.CodeNotFound)
	}
	ts.problem(ts.send("DELETE", "/api/v1/bookings/"+ts.bookingID, ts.otherToken, ""), 404, eventra.CodeNotFound)
	ts.ok(200, "POST", "/api/v1/bookings/"+ts.bookingID+"/refund", ts.adminToken, "")
}

func TestBookings_HoldAndPay(t *testing.T) {
	ts := newTestServer(t)
	made, a := ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+ts.published+`","bestAvailable":{"quantity":1}}`)
	path := "/api/v1/bookings/" + made["id"].(string)
	require.Equal(t, path, a.Header.Get("Location"))
	require.Equal(t, "CMKM-6DMM", made["reference"])
	require.Equal(t, []any{map[string]any{"seat": "A-1-1", "section": "A", "row": "1", "number": 1.0,
		"price": map[string]any{"amount": 1500.0, "currency": "EUR"}}}, made["seats"])
	got, _ := ts.ok(200, "GET", path, ts.userToken, "")
	require.Equal(t, "Concert", got["event"].(map[string]any)["title"])
	require.Equal(t, "user", got["customer"].(map[string]any)["kind"])
	delete(got, "event")
	delete(got, "customer")
	require.Equal(t, made, got)
	paid, _ := ts.ok(201, "POST", path+"/payments", ts.userToken, `{"method":"mock","token":"tok_ok"}`)
	require.Equal(t, "SUCCEEDED", paid["status"])
	require.Equal(t, made["id"], paid["booking"].(map[string]any)["id"])
	list, _ := ts.ok(200, "GET", path+"/payments", ts.userToken, "")
	require.Len(t, list["items"], 1)
	require.Nil(t, list["nextCursor"])
}

func TestBookings_ShowTheirRunningPayment(t *testing.T) {
	ts := newTestServer(t)
	id, err := eventra.ParseID(ts.bookingID)
	require.NoError(t, err)
	until := time.Date(2030, 5, 1, 12, 10, 18, 0, time.UTC)
	show := func(status eventra.BookingStatus, payment eventra.ID, until time.Time) map[string]any {
		b := *ts.fakes.bookings[id]
		b.Status, b.PaymentID, b.PayingUntil = status, payment, until
		ts.fakes.bookings[id] = &b
		got, _ := ts.ok(200, "GET", "/api/v1/bookings/"+ts.bookingID, ts.userToken, "")
		return got
	}
	require.NotContains(t, show(eventra.BookingHeld, eventra.ID{}, time.Time{}), "payment")
	require.Equal(t, map[string]any{"status": "PENDING", "until": "2030-05-01T12:10:18.000Z"},
		show(eventra.BookingHeld, newID(), until)["payment"])
	list, _ := ts.ok(200, "GET", "/api/v1/bookings", ts.userToken, "")
	require.Contains(t, list["items"].([]any)[0], "payment")
	require.NotContains(t, show(eventra.BookingConfirmed, newID(), time.Time{}), "payment", "it has ended")
	require.NotContains(t, show(eventra.BookingExpired, newID(), until), "payment", "it keeps nothing any more")
}

func TestBookings_NameTheirSuccessor(t *testing.T) {
	ts := newTestServer(t)
	id, err := eventra.ParseID(ts.bookingID)
	require.NoError(t, err)
	replaced := *ts.fakes.bookings[id]
	replaced.ReplacedBy = newID()
	ts.fakes.bookings[id] = &replaced
	got, _ := ts.ok(200, "GET", "/api/v1/bookings/"+ts.bookingID, ts.userToken, "")
	require.Equal(t, replaced.ReplacedBy.String(), got["replacedBy"])
}

func FuzzBookingRequest(f *testing.F) {
	f.Add([]byte(`{"eventId":"01900000-0000-7000-8000-0000000000e1","seats":["A-1-1"]}`))
	f.Add([]byte(`{"eventId":"x","bestAvailable":{"quantity":2,"section":"A"}}`))
	f.Add([]byte(`{"seats":null,"eventId":1e999}`))
	f.Add([]byte("{\"seats\":[\"\xff\"]}"))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r BookingRequest
		if err := decode(body, &r); err != nil {
			var own *eventra.Error
			require.ErrorAs(t, err, &own)
			require.Equal(t, eventra.CodeMalformedBody, own.Code)
			return
		}
		var faults eventra.Faults
		hold := r.command(&faults)
		if faults.Err() == nil {
			require.NotEqual(t, len(hold.Seats) > 0, hold.Best != nil)
			require.LessOrEqual(t, len(hold.Seats), eventra.MaxSeatsPerBookingMax)
		}
	})
}
