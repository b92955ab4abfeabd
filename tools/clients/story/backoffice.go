package main

import (
	"context"
	"encoding/csv"
	"slices"

	"github.com/google/uuid"

	"github.com/eventra/eventra/tools/clients/out/ogen"
)

// lookBack finds the booking again in all that the back office has.
func lookBack(ctx context.Context, n *night, b *buyer, booking uuid.UUID) {
	refused("search as a buyer", "forbidden")(b.next().SearchBookings(ctx, ogen.SearchBookingsParams{}))
	found := want[ogen.AdminBookingPage]("search by e-mail")(n.admin.next().SearchBookings(ctx, ogen.SearchBookingsParams{Email: ogen.NewOptString(b.email)}))
	check(len(found.Items) == 1 && found.Items[0].ID == booking, "found %+v", found.Items)
	found = want[ogen.AdminBookingPage]("search by the reference")(n.admin.next().SearchBookings(ctx, ogen.SearchBookingsParams{Reference: found.Items[0].Reference}))
	check(len(found.Items) == 1 && found.Items[0].ID == booking, "found %+v", found.Items)
	record := want[ogen.BookingRecord]("look at the record")(n.admin.next().GetBookingRecord(ctx, ogen.GetBookingRecordParams{BookingId: booking}))
	check(record.Customer.Email.Value == b.email && len(record.Payments) == 2 && len(record.Refunds) == 1 && len(record.Mails) == 2 && len(record.History) >= 5,
		"the record is %+v", record)
	n.export(ctx, booking)

	report := want[ogen.EventReport]("look at the report")(n.admin.next().GetEventReport(ctx, ogen.GetEventReportParams{EventId: n.id}))
	check(report.Tickets.Sold == 1 && report.Tickets.Total == stallsSeats+floorPlaces && report.Refunds.Returned == reducedPrice, "the report is %+v", report)
	uses := want[ogen.SeatUsePage]("ask who had the seat")(n.admin.next().GetSeatHistory(ctx, ogen.GetSeatHistoryParams{EventId: n.id, Seat: seat}))
	check(len(uses.Items) == 1 && uses.Items[0].Booking.Value.ID == booking, "the seat had %+v", uses.Items)
	log := want[ogen.AuditPage]("look at the audit log")(n.admin.next().ListAudit(ctx, ogen.ListAuditParams{Subject: ogen.NewOptString(booking.String())}))
	check(len(log.Items) == 1 && log.Items[0].Actor.Kind == ogen.AuditActorKindUser, "the audit log has %+v", log.Items)
}

// export reads the event's bookings as CSV.
func (n *night) export(ctx context.Context, booking uuid.UUID) {
	file := want[ogen.ExportBookingsOK]("export the bookings")(n.admin.next().ExportBookings(ctx, ogen.ExportBookingsParams{EventId: n.id}))
	lines, err := csv.NewReader(file).ReadAll()
	check(err == nil && len(lines) >= 2, "the export has %d lines: %v", len(lines), err)
	check(slices.ContainsFunc(lines[1:], func(line []string) bool { return slices.Contains(line, booking.String()) }), "the booking is not in %v", lines)
}
