package http

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSmoke(t *testing.T) {
	w := newWorld(t)
	for _, c := range [][3]string{
		{"GET", "/healthz", ""}, {"GET", "/readyz", ""}, {"GET", "/metrics", ""}, {"GET", "/openapi.json", ""},
		{"GET", "/api-docs", ""}, {"GET", "/api-docs/", ""}, {"GET", "/api-docs/index.html", ""}, {"GET", "/api-docs/swagger-ui.css", ""}, {"GET", "/api-docs/nope", ""},
		{"GET", "/nope", ""}, {"PUT", "/api/v1/events", ""}, {"BREW", "/api/v1/events", ""}, {"BREW", "/x", ""}, {"OPTIONS", "/api/v1/events", ""}, {"HEAD", "/api/v1/events", ""},
		{"GET", "/api/v1/events/", ""}, {"GET", "/API/v1/events", ""}, {"GET", "/api/v1/events/" + w.published + "/", ""},
		{"GET", "/api/v1/events/" + w.published, ""}, {"GET", "/api/v1/events/" + w.draft, ""},
		{"GET", "/api/v1/events/" + w.published + "/seats", ""}, {"GET", "/api/v1/events/" + w.published + "/seats?since=7", ""}, {"GET", "/api/v1/events/" + w.published + "/seats?section=A", ""}, {"GET", "/api/v1/events/" + w.published + "/seats?section=C", ""},
		{"GET", "/api/v1/events/" + w.published + "/availability", ""},
		{"GET", "/api/v1/events?limit=1", ""},
		{"POST", "/api/v1/bookings", `{"eventId":"` + w.published + `","seats":["A-1-1"]}`},
		{"POST", "/api/v1/bookings", `{"eventId":"` + w.published + `","seats":["A-1-1",3]}`},
		{"POST", "/api/v1/bookings", `{"eventId":"` + w.published + `","Seats":["A-1-1"]}`},
		{"POST", "/api/v1/bookings", `{"eventId":"` + w.published + `","seats":["A-1-1"]} x`},
		{"POST", "/api/v1/bookings", `{"eventId":"` + w.published + `","seats":["A-1-1","A-1-1"],"bestAvailable":{}}`},
		{"POST", "/api/v1/bookings", `{"eventId":"` + w.published + `","bestAvailable":{"quantity":1e400}}`},
		{"POST", "/api/v1/bookings", ``}, {"POST", "/api/v1/bookings", `null`}, {"POST", "/api/v1/bookings", `[]`},
		{"GET", "/api/v1/bookings", ""}, {"GET", "/api/v1/bookings/" + w.bookingID, ""}, {"GET", "/api/v1/bookings/" + w.otherBooks, ""},
		{"POST", "/api/v1/bookings/" + w.bookingID + "/payments", `{"method":"mock","token":"tok_ok"}`},
		{"GET", "/api/v1/bookings/" + w.bookingID + "/payments", ""},
	} {
		token := ""
		if c[0] == "POST" || len(c[1]) > 16 && c[1][:16] == "/api/v1/bookings" {
			token = w.userToken
		}
		a := w.send(c[0], c[1], token, c[2])
		body := a.body
		if len(body) > 400 {
			body = body[:400]
		}
		t.Log(c[0], c[1], c[2], "\n→", a.StatusCode, a.Header, "\n", body)
	}
	t.Log(w.log.String())
	require.True(t, true)
}
