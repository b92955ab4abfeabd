package http

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// oddText has what JSON escapes, and what it does not.
const oddText = "\"\\/\b\f\n\r\t\x00\x1f\x7f<>&\u00e9\u2028\u2029\U0001f3ab"

func requireSameJSON(t *testing.T, value any, appended []byte) {
	t.Helper()
	want, err := json.Marshal(value, jsontext.AllowInvalidUTF8(true))
	require.NoError(t, err)
	require.Equal(t, string(want), string(appended))
}

func TestProblem_AppendJSONIsWhatMarshalMakes(t *testing.T) {
	t.Parallel()
	full := Problem{Type: "t", Title: oddText, Status: 409, Detail: oddText, Instance: "/\xff\xfe" + oddText, Code: "c", RequestID: oddText}
	problems := map[string]Problem{"zero": {}, "full": full}
	for name, change := range map[string]func(*Problem){
		"unavailable": func(p *Problem) { p.Unavailable = []string{"A-1-1", oddText} },
		"unknown":     func(p *Problem) { p.Unknown = []string{oddText} },
		"seats":       func(p *Problem) { p.Seats = []string{"A-1-1"} },
		"places":      func(p *Problem) { p.Section, p.Available, p.Taken = oddText, new(int), new(int) },
		"no seats":    func(p *Problem) { p.Seats = []string{} },
		"orphans": func(p *Problem) {
			p.Orphans, p.Suggestions = []string{"A-1-1"}, [][]string{{"A-1-2", oddText}, {"A-1-3", "A-1-4"}}
		},
		"errors":   func(p *Problem) { p.Errors = []eventra.FieldError{{Field: "f", Code: "c", Message: oddText}} },
		"payment":  func(p *Problem) { p.Payment = &Payment{} },
		"checks":   func(p *Problem) { p.Checks = map[string]Check{"redis": {}} },
		"customer": func(p *Problem) { p.Limit, p.Held = 20, new(int) },
	} {
		p := full
		change(&p)
		problems[name] = p
	}
	for name, p := range problems {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appended, err := p.appendJSON(nil)
			require.NoError(t, err)
			requireSameJSON(t, &p, appended)
		})
	}
}

func TestBooking_AppendJSONIsWhatMarshalMakes(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 5, 1, 12, 0, 0, 7_000_000, time.FixedZone("", 3600))
	seat := eventra.Seat{Section: oddText, Row: "1", Number: 99_999, Price: eventra.Money{Amount: -1, Currency: "EUR"}}
	for name, b := range map[string]eventra.Booking{
		"zero": {},
		"held": {ID: newID(), Reference: 4711, EventID: newID(), Status: eventra.BookingHeld, Items: []eventra.Item{
			eventra.NewItem(0, &seat, oddText), {No: eventra.NoSeat, Section: oddText, Released: true}},
			Total: seat.Price, ExpiresAt: at, CreatedAt: at.Add(time.Hour)},
		"paying":   {Status: eventra.BookingHeld, PaymentID: newID(), PayingUntil: at},
		"replaced": {Status: eventra.BookingExpired, ReplacedBy: newID()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := newBooking(&b)
			if name == "held" {
				shown.Warnings = []string{"leaves_single_seat", oddText}
			}
			requireSameJSON(t, &shown, shown.appendJSON(nil))
		})
	}
}
