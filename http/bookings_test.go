package http

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestBookingIsItsOwnersOnly(t *testing.T) {
	w := newWorld(t)
	for _, part := range []string{"", "/payments"} {
		w.ok(200, "GET", "/api/v1/bookings/"+w.bookingID+part, w.userToken, "")
		w.problem(w.send("GET", "/api/v1/bookings/"+w.bookingID+part, w.otherToken, ""), 404, eventra.CodeNotFound)
		w.problem(w.send("GET", "/api/v1/bookings/"+w.bookingID+part, w.adminToken, ""), 404, eventra.CodeNotFound)
	}
	w.problem(w.send("DELETE", "/api/v1/bookings/"+w.bookingID, w.otherToken, ""), 404, eventra.CodeNotFound)
	w.ok(200, "POST", "/api/v1/bookings/"+w.bookingID+"/refund", w.adminToken, "")
}

func TestBookingAndPayment(t *testing.T) {
	w := newWorld(t)
	made, a := w.ok(201, "POST", "/api/v1/bookings", w.userToken, `{"eventId":"`+w.published+`","bestAvailable":{"quantity":1}}`)
	path := "/api/v1/bookings/" + made["id"].(string)
	require.Equal(t, path, a.Header.Get("Location"))
	require.Equal(t, []any{map[string]any{"seat": "A-1-1", "section": "A", "row": "1", "number": 1.0,
		"price": map[string]any{"amount": 1500.0, "currency": "EUR"}}}, made["seats"])
	got, _ := w.ok(200, "GET", path, w.userToken, "")
	require.Equal(t, made, got)
	paid, _ := w.ok(201, "POST", path+"/payments", w.userToken, `{"method":"mock","token":"tok_ok"}`)
	require.Equal(t, "SUCCEEDED", paid["status"])
	require.Equal(t, made["id"], paid["booking"].(map[string]any)["id"])
	list, _ := w.ok(200, "GET", path+"/payments", w.userToken, "")
	require.Len(t, list["items"], 1)
	require.Nil(t, list["nextCursor"])
}

func TestReplacedBookingNamesItsSuccessor(t *testing.T) {
	w := newWorld(t)
	id, err := eventra.ParseID(w.bookingID)
	require.NoError(t, err)
	replaced := *w.fakes.bookings[id]
	replaced.ReplacedBy = newID()
	w.fakes.bookings[id] = &replaced
	got, _ := w.ok(200, "GET", "/api/v1/bookings/"+w.bookingID, w.userToken, "")
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
			require.True(t, errors.As(err, &own))
			require.Equal(t, eventra.CodeMalformedBody, own.Code)
			return
		}
		var faults eventra.Faults
		hold := r.command(&faults)
		if faults.Err() == nil {
			require.True(t, (len(hold.Seats) > 0) != (hold.Best != nil))
			require.LessOrEqual(t, len(hold.Seats), eventra.MaxSeatsPerBookingMax)
		}
	})
}
