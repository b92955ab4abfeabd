package redis

import (
	"strconv"
	"strings"

	"github.com/eventra/eventra"
)

// The braces make keys of one event live in one slot, should Redis be a
// cluster: a script may only touch keys of one.

func lockKey(eventID string, seat eventra.SeatNo) string {
	return keyPrefix + "lock:{" + eventID + "}:" + strconv.Itoa(int(seat))
}

func holdKey(eventID, bookingID string) string {
	return keyPrefix + "hold:{" + eventID + "}:" + bookingID
}

// parseHoldKey reads what holdKey wrote and nothing else.
func parseHoldKey(key string) (eventID, bookingID eventra.ID, ok bool) {
	rest, ours := strings.CutPrefix(key, keyPrefix+"hold:{")
	event, booking, whole := strings.Cut(rest, "}:")
	if !ours || !whole {
		return eventID, bookingID, false
	}
	var errEvent, errBooking error
	eventID, errEvent = eventra.ParseID(event)
	bookingID, errBooking = eventra.ParseID(booking)
	if errEvent != nil || errBooking != nil || holdKey(eventID.String(), bookingID.String()) != key {
		return eventra.ID{}, eventra.ID{}, false
	}
	return eventID, bookingID, true
}
