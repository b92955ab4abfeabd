package http

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestWrongInput_Values(t *testing.T) {
	for _, c := range []struct{ name, method, path, who, body, fields string }{
		{"no values", "POST", "/api/v1/auth/register", "", `{}`, "email password name"},
		{"nulls", "POST", "/api/v1/auth/register", "", `{"email":null,"password":null,"name":null}`, "email password name"},
		{"short password", "POST", "/api/v1/auth/register", "", `{"email":"a@b.c","password":"1234567","name":"x"}`, "password"},
		{"long password", "POST", "/api/v1/auth/register", "", `{"email":"a@b.c","password":"` + strings.Repeat("ä", 37) + `","name":"x"}`, "password"},
		{"NUL in password", "POST", "/api/v1/auth/register", "", `{"email":"a@b.c","password":"1234567\u0000x","name":"x"}`, "password"},
		{"display name in address", "POST", "/api/v1/auth/register", "", `{"email":"A <a@b.c>","password":"correct horse","name":"x"}`, "email"},
		{"long name", "POST", "/api/v1/auth/register", "", `{"email":"a@b.c","password":"correct horse","name":"` + strings.Repeat("n", 101) + `"}`, "name"},
		{"empty login", "POST", "/api/v1/auth/login", "", `{}`, "email password"},
		{"empty token", "POST", "/api/v1/auth/refresh", "", `{}`, "refreshToken"},
		{"empty event", "POST", "/api/v1/events", "admin", `{}`, "startsAt endsAt title category venue.name venue.city venue.timezone"},
		{"bad times", "POST", "/api/v1/events", "admin", strings.ReplaceAll(validEvent, "2030-05-01T", "2030-13-01T"), "startsAt endsAt"},
		{"numbers out of range", "POST", "/api/v1/events", "admin", `{"holdSeconds":4,"maxSeatsPerBooking":51,` + validEvent[1:], "holdSeconds maxSeatsPerBooking"},
		{"no seats a customer", "POST", "/api/v1/events", "admin", `{"maxSeatsPerCustomer":0,"orphanRule":"",` + validEvent[1:], "maxSeatsPerCustomer orphanRule"},
		{"sale rules out of range", "POST", "/api/v1/events", "admin", `{"maxSeatsPerCustomer":1000001,"orphanRule":"loose",` + validEvent[1:], "maxSeatsPerCustomer orphanRule"},
		{"deep attributes", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `[1,{"y":null}]`, strings.Repeat("[", 40)+strings.Repeat("]", 40), 1), "attributes"},
		{"huge number in attributes", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `[1,{`, `[1e999,{`, 1), "attributes"},
		{"NUL in attributes", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `{"y":null}`, `{"y":"\u0000"}`, 1), "attributes.x[1].y"},
		{"attributes no object", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `{"x":[1,{"y":null}]}`, `[1]`, 1), "attributes"},
		{"big attributes", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `[1,{"y":null}]`, `"`+strings.Repeat("x", 17<<10)+`"`, 1), "attributes"},
		{"patch to null", "PATCH", "/api/v1/events/{event}", "admin", `{"title":null,"startsAt":null}`, "startsAt title"},
		{"no seats", "POST", "/api/v1/events/{event}/seats", "admin", `{}`, "sections"},
		{"both forms", "POST", "/api/v1/events/{event}/seats", "admin", `{"sections":[{}],"seats":[{}]}`, "sections"},
		{"empty section", "POST", "/api/v1/events/{event}/seats", "admin", `{"sections":[{}]}`, "sections[0].name sections[0].seatsPerRow sections[0].price.currency sections[0].price.amount sections[0].rows"},
		{"empty seat", "POST", "/api/v1/events/{event}/seats", "admin", `{"seats":[{}]}`, "seats[0].section seats[0].row seats[0].number seats[0].price.currency seats[0].price.amount"},
		{"a price without an amount", "POST", "/api/v1/events/{event}/seats", "admin", `{"sections":[{"name":"B","rowCount":1,"seatsPerRow":1,"price":{"currency":"EUR"}}]}`, "sections[0].price.amount"},
		{"an amount of null", "POST", "/api/v1/events/{event}/seats", "admin", `{"seats":[{"section":"B","row":"1","number":1,"price":{"amount":null,"currency":"EUR"}}]}`, "seats[0].price.amount"},
		{"too many seats", "POST", "/api/v1/events/{event}/seats", "admin", `{"sections":[{"name":"A","rowCount":99999,"seatsPerRow":99999,"price":{"amount":1,"currency":"EUR"}}]}`, "sections"},
		{"no quantity", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","bestAvailable":{}}`, "bestAvailable.quantity"},
		{"negative quantity", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","bestAvailable":{"quantity":-1}}`, "bestAvailable.quantity"},
		{"nothing wanted", "POST", "/api/v1/bookings", "user", `{}`, "eventId seats"},
		{"no seat", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":[]}`, "seats"},
		{"both wants", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":["A-1-1"],"bestAvailable":{"quantity":1}}`, "seats"},
		{"duplicates", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":["A-1-1","A-1-2","A-1-1"]}`, "seats[2]"},
		{"empty name", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":[""]}`, "seats[0]"},
		{"long name", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":["` + strings.Repeat("A", 1000) + `"]}`, "seats[0]"},
		{"too many", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":[` + strings.Repeat(`"A",`, 50) + `"B"]}`, "seats"},
		{"empty payment", "POST", "/api/v1/bookings/{booking}/payments", "user", `{}`, "method token"},
		{"bad token", "POST", "/api/v1/bookings/{booking}/payments", "user", `{"method":"mock","token":"a b"}`, "token"},
		{"limits", "GET", "/api/v1/events?limit=0", "", "", "limit"},
		{"limits", "GET", "/api/v1/bookings?limit=101", "user", "", "limit"},
		{"limits", "GET", "/api/v1/bookings?limit=1e2", "user", "", "limit"},
		{"limits", "GET", "/api/v1/bookings?limit=%2B1", "user", "", "limit"},
		{"limits", "GET", "/api/v1/bookings?limit=007", "user", "", "limit"},
		{"limits", "GET", "/api/v1/bookings/{booking}/payments?limit=99999999999999999999", "user", "", "limit"},
		{"cursors", "GET", "/api/v1/events?cursor=abc", "", "", "cursor"},
		{"cursors", "GET", "/api/v1/bookings?cursor=", "user", "", "cursor"},
		{"cursors", "GET", "/api/v1/bookings/{booking}/payments?cursor=%00", "user", "", "cursor cursor"},
		{"filters", "GET", "/api/v1/events?from=tomorrow&to=2030-01-01&status=GONE&q=%ff&city=%00", "", "", "q city from to status"},
		{"filters", "GET", "/api/v1/events?q=" + strings.Repeat("x", 201), "", "", "q"},
		{"filters", "GET", "/api/v1/bookings?status=held&eventId=1", "user", "", "status eventId"},
		{"filters", "GET", "/api/v1/admin/bookings?status=held&eventId=1&email=&seat=A-1&from=now&to=%00", "admin", "", "status eventId from to email seat"},
		{"filters", "GET", "/api/v1/admin/events/{event}/bookings.csv?status=all", "admin", "", "status"},
		{"filters", "GET", "/api/v1/admin/events/{event}/seats/A-1-1/history?at=8pm&limit=0&cursor=x", "admin", "", "at limit cursor"},
		{"a seat of no event", "GET", "/api/v1/admin/bookings?seat=A-1-1", "admin", "", "eventId"},
		{"a seat's number", "GET", "/api/v1/admin/bookings?eventId={event}&seat=A-1-01", "admin", "", "seat"},
		{"a seat's number", "GET", "/api/v1/admin/bookings?eventId={event}&seat=A-1-100000", "admin", "", "seat"},
		{"since", "GET", "/api/v1/events/{event}/seats?since=-1", "", "", "since"},
		{"since", "GET", "/api/v1/events/{event}/seats?since=", "", "", "since"},
		{"since", "GET", "/api/v1/events/{event}/seats?since=00", "", "", "since"},
		{"section", "GET", "/api/v1/events/{event}/seats?section=Z", "", "", "section"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ts := newTestServer(t)
			p := ts.problem(ts.send(c.method, ts.fill(c.path), ts.token(c.who), ts.fill(c.body)), 422, eventra.CodeValidationFailed)
			var fields []string
			for _, fault := range p.Errors {
				fields = append(fields, fault.Field)
				require.NotEmpty(t, fault.Code)
				require.NotEmpty(t, fault.Message)
			}
			require.Equal(t, c.fields, strings.Join(fields, " "))
		})
	}
}

func TestWrongInput_HugeNumbers(t *testing.T) {
	ts := newTestServer(t)
	for _, number := range []string{"1e400", "-1e400", "99999999999999999999", "1.5", "1" + strings.Repeat("0", 5000)} {
		for _, body := range []string{`{"eventId":"{event}","bestAvailable":{"quantity":` + number + `}}`, `{"eventId":` + number + `}`} {
			a := ts.send("POST", "/api/v1/bookings", ts.userToken, ts.fill(body))
			ts.problem(a, 400, eventra.CodeMalformedBody)
		}
	}
	a := ts.send("POST", "/api/v1/bookings", ts.userToken, ts.fill(`{"eventId":"{event}","bestAvailable":{"quantity":"2"}}`))
	require.Contains(t, ts.problem(a, 400, eventra.CodeMalformedBody).Detail, "bestAvailable.quantity")
}

func TestBookings_UnknownEvent(t *testing.T) {
	ts := newTestServer(t)
	for _, id := range []string{"1", newID().String()} {
		a := ts.send("POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+id+`","seats":["A-1-1"]}`)
		ts.problem(a, 404, eventra.CodeEventNotFound)
	}
}
