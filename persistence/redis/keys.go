package redis

import (
	"strconv"
	"strings"

	"github.com/eventra/eventra"
)

// One script takes locks of several events. So Redis must be one server, with or
// without replicas: in a Redis cluster, a script may use the keys of one slot only.

func lockKey(eventID string, seat eventra.SeatNo) string {
	return keyPrefix + "lock:{" + eventID + "}:" + strconv.Itoa(int(seat))
}

func holdKey(hold eventra.HoldRef) string {
	return keyPrefix + "hold:{" + hold.EventID.String() + "}:" + hold.BookingID.String()
}

// parseHoldKey reads a key that holdKey wrote, and rejects any other.
func parseHoldKey(key string) (eventID, bookingID eventra.ID, ok bool) {
	rest, ours := strings.CutPrefix(key, keyPrefix+"hold:{")
	event, booking, whole := strings.Cut(rest, "}:")
	if !ours || !whole {
		return eventID, bookingID, false
	}
	var errEvent, errBooking error
	eventID, errEvent = eventra.ParseID(event)
	bookingID, errBooking = eventra.ParseID(booking)
	if errEvent != nil || errBooking != nil || holdKey(eventra.HoldRef{EventID: eventID, BookingID: bookingID}) != key {
		return eventra.ID{}, eventra.ID{}, false
	}
	return eventID, bookingID, true
}
