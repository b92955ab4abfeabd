package actors

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
)

// In traces, bookings are b1, b2 …, payments p1 and users u1.

func idOf(kind byte, n int) (id eventra.ID) {
	id[0], id[14], id[15] = kind, byte(n>>8), byte(n)
	return id
}

func nameOf(id eventra.ID) string {
	if id.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%c%d", id[0], int(id[14])<<8|int(id[15]))
}

func namesOf(ids []eventra.ID) string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = nameOf(id)
	}
	return strings.Join(all, " ")
}

var changeNames = [...]string{eventra.Held: "hold", eventra.Released: "release", eventra.Expired: "expire",
	eventra.PaymentStarted: "start payment of", eventra.PaymentEnded: "end payment of", eventra.Confirmed: "confirm",
	eventra.Rebooked: "rebook as", eventra.RefundDue: "refund late payment", eventra.Refunded: "refund",
	eventra.Blocked: "block as", eventra.Unblocked: "unblock as", eventra.ItemsRefunded: "refund items of", eventra.RefundEnded: "end refund of"}

// describeBatch names a batch's changes, and those that the store refused.
func describeBatch(b *eventra.Batch, refused []bool) string {
	var all []string
	for i, c := range b.Changes {
		text := changeNames[c.Kind]
		switch {
		case c.Booking != nil && c.Kind.ChangesSeats():
			text += " " + nameOf(c.Booking.ID) + " " + fmt.Sprint(c.Booking.SeatNames())
		case c.Booking != nil:
			text += " " + nameOf(c.Booking.ID)
		case c.Blocking != nil:
			text += fmt.Sprint(" ", nameOf(c.Blocking.ID), " ", c.Seats)
		}
		if c.Payment != nil {
			text += " by " + nameOf(c.Payment.ID)
		}
		if refused != nil && refused[i] {
			text += " (refused)"
		}
		all = append(all, text)
	}
	return "{" + strings.Join(all, ", ") + "}"
}

func describeMessage(msg any) string {
	switch msg := msg.(type) {
	case eventra.Command:
		return describeCommand(msg)
	case *request:
		return describeCommand(msg.command)
	case *wire.Envelope:
		if cmd, err := msg.Command(); err == nil && cmd != nil {
			return describeCommand(cmd) + " from another member"
		}
	case *completed:
		b := &msg.batch.Batch
		return "completion of " + describeBatch(&b.Batch, b.Receipt.Refused) + ": " + outcomeName(b.Err)
	case *prepared:
		return "preparation of " + describeBatch(&msg.batch.Batch.Batch, nil)
	case *loaded:
		if msg.err != nil {
			return "not loaded: " + msg.err.Error()
		}
		return fmt.Sprintf("loaded, epoch %d", msg.snapshot.Epoch)
	case *holdsDue:
		return "holds due: " + namesOf(msg.bookings)
	}
	return fmt.Sprintf("%T", msg)
}

// namedSeats are the seats that a hold names, with ticket types or without.
func namedSeats(cmd *eventra.HoldSeats) []string {
	names := slices.Clone(cmd.Seats)
	for _, item := range cmd.Items {
		if item.Section == "" {
			names = append(names, item.Seat)
		}
	}
	return names
}

func describeCommand(cmd eventra.Command) string {
	switch cmd := cmd.(type) {
	case *eventra.HoldSeats:
		if cmd.Best != nil {
			return fmt.Sprintf("hold %s best %d", nameOf(cmd.BookingID), cmd.Best.Quantity)
		}
		return fmt.Sprintf("hold %s %v", nameOf(cmd.BookingID), namedSeats(cmd))
	case *eventra.ReleaseHold:
		return "release " + nameOf(cmd.BookingID)
	case *eventra.StartPayment:
		return "start payment " + nameOf(cmd.PaymentID) + " of " + nameOf(cmd.BookingID)
	case *eventra.FinishPayment:
		return fmt.Sprintf("payment %s of %s %s", nameOf(cmd.Payment.ID), nameOf(cmd.Payment.BookingID), cmd.Outcome)
	case *eventra.RefundBooking:
		return "refund " + nameOf(cmd.BookingID)
	case *eventra.SetBlocked:
		return fmt.Sprintf("set blocked to %v as %s %v", cmd.Blocked, nameOf(cmd.BlockingID), cmd.Selection.Seats)
	}
	return fmt.Sprintf("%T", cmd)
}

func describeReply(r *reply) string {
	switch {
	case errors.Is(r.err, cluster.ErrMoved):
		return "moved"
	case errors.Is(r.err, errLoading):
		return "loading"
	case r.err != nil:
		return r.err.Error()
	case r.booking != nil:
		return fmt.Sprintf("%s %s %v", nameOf(r.booking.ID), r.booking.Status, r.booking.SeatNames())
	case r.payment != nil:
		return fmt.Sprintf("%s %s", nameOf(r.payment.ID), r.payment.Status)
	case r.blocking != nil:
		return fmt.Sprintf("%d changed, version %d", r.blocking.Changed, r.blocking.Version)
	case r.seats != nil:
		return fmt.Sprintf("seats of version %d %v", r.seats.Version, r.seats.Status)
	}
	return "done"
}
