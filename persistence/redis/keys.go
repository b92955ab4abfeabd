package redis

import (
	"strconv"
	"strings"

	"github.com/eventra/eventra"
)

// Locks of several events are taken by one script, so Redis is one server (or
// one with replicas), not a cluster, where a script may touch one slot only.

func lockKey(eventID string, seat eventra.SeatNo) string {
	return keyPrefix + "lock:{" + eventID + "}:" + strconv.Itoa(int(seat))
}

func holdKey(hold eventra.HoldRef) string {
	return keyPrefix + "hold:{" + hold.EventID.String() + "}:" + hold.BookingID.String()
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
	if errEvent != nil || errBooking != nil || holdKey(eventra.HoldRef{EventID: eventID, BookingID: bookingID}) != key {
		return eventra.ID{}, eventra.ID{}, false
	}
	return eventID, bookingID, true
}
