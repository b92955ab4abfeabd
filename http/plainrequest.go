package http

import (
	"bytes"
	"strings"
)

// plainBegin is how a plain request begins.
const plainBegin = `{"eventId":"`

// plainRequest reads a request for named seats as JavaScript writes it:
// {"eventId":"…","seats":["A-1-1","A-1-2"]}, without spaces, escapes and letters beyond ASCII.
// Nearly all holds have this form. It reports false for any other, which decode reads in ten
// times the time.
func plainRequest(body []byte) (r BookingRequest, ok bool) {
	rest, opens := bytes.CutPrefix(body, []byte(plainBegin))
	if !opens {
		return r, false // without a copy: other bodies may be long
	}
	event, names, between := strings.Cut(string(rest), `","seats":["`)
	names, closes := strings.CutSuffix(names, `"]}`)
	if !between || !closes || !plainText(event) {
		return r, false
	}
	seats := strings.Split(names, `","`)
	for _, seat := range seats {
		if !plainText(seat) {
			return r, false
		}
	}
	return BookingRequest{EventID: event, Seats: seats}, true
}

// plainText reports whether JSON writes a text as it is.
func plainText(text string) bool {
	for i := range len(text) {
		if b := text[i]; b < ' ' || b > '~' || b == '"' || b == '\\' {
			return false
		}
	}
	return true
}
