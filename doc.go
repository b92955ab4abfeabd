// Package eventra is the domain of the ticketing service: events, their
// seats, bookings, payments and users, and [SeatMap], the pure core that
// decides who gets which seat.
//
// Nothing in it touches a clock, a context, a logger, a goroutine or a store:
// time and ids come in as arguments, and what is decided goes out as values.
// Every other package adapts this one to the outside and is named for what it
// adapts.
package eventra
