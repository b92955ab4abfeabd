// Package eventra is the domain of the ticketing service: events, their
// seats, bookings, payments and users, and [SeatMap], the pure core that
// decides which booking gets which seat.
//
// The package uses no clock, context, logger, goroutine or store: times and ids
// come in as arguments, and decisions go out as values. Every other package
// adapts this one to something outside and is named for it.
package eventra
