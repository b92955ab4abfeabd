package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/client"
)

// Stored is the bookings and seats of some events in the database, at one moment.
type Stored struct {
	Bookings map[string]StoredBooking // by id
	Taken    map[EventSeat]StoredSeat // without the available ones
	Keys     map[string]string        // booking ids by buyer and idempotency key
	// Money is, by booking, what customers have paid and not got back, but for payments under way.
	Money     map[string]int64
	Refunds   map[string][]StoredRefund // by booking, in the order in which they were decided
	Cancelled map[string]bool           // events
	Now       time.Time
}

// EventSeat is one seat of one event.
type EventSeat struct{ Event, Seat string }

// StoredBooking is a booking's row.
type StoredBooking struct {
	Event, Buyer, Status, ReplacedBy string
	Seats                            []string
	Tickets                          []string // seats by the numbers of its items; a place has no name
	Prices                           []int64  // likewise
	Places, LivePlaces               int
	Live                             int   // number of live seats and places
	Total, Sum                       int64 // what it costs, and its items
	Deadline                         time.Time
}

// StoredRefund is a refund's row, with what the gateway has returned under its key.
type StoredRefund struct {
	client.Refund
	N        int
	Returned int64
}

// StoredSeat is a seat's row.
type StoredSeat struct{ Status, Booking string }

// OffSale reports whether a seat is blocked or was removed.
func (s *Stored) OffSale(event, seat string) bool {
	status := s.Taken[EventSeat{event, seat}].Status
	return status == blocked || status == removed
}

func (b StoredBooking) alive() bool { return b.Status == "HELD" || b.Status == "CONFIRMED" }

// price is what items cost, but for some.
func (b StoredBooking) price(items, without []int) (sum int64) {
	for _, no := range items {
		if no <= len(b.Prices) && !slices.Contains(without, no) {
			sum += b.Prices[no-1]
		}
	}
	return sum
}

// released returns the numbers of the items that refunds have released.
func (s *Stored) released(id string) (items []int) {
	for _, r := range s.Refunds[id] {
		if r.Released {
			items = append(items, r.Items...)
		}
	}
	return items
}

// has reports whether a booking is live and has a seat.
func (s *Stored) has(id, seat string) bool {
	b := s.Bookings[id]
	return b.alive() && slices.Contains(b.Seats, seat) && !slices.Contains(s.released(id), slices.Index(b.Tickets, seat)+1)
}

// Statuses of seats that an organiser has taken off sale.
const blocked, removed = "BLOCKED", "REMOVED"

// Database is a connection or a pool.
type Database interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

// Of returns the booking that a hold made, acknowledged or not.
func (s *Stored) Of(hold *client.Operation) (id string, booking StoredBooking, found bool) {
	if id = hold.Booking; id == "" {
		id = s.Keys[scoped(hold.Buyer, hold.Key)]
	}
	booking, found = s.Bookings[id]
	return id, booking, found
}

// ReadStored reads the events' bookings and seats in one snapshot.
func ReadStored(ctx context.Context, db Database, events []string) (*Stored, error) {
	tx, err := db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	s := &Stored{Bookings: map[string]StoredBooking{}, Taken: map[EventSeat]StoredSeat{}, Keys: map[string]string{}, Money: map[string]int64{},
		Refunds: map[string][]StoredRefund{}, Cancelled: map[string]bool{}}
	if err := tx.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&s.Now); err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context, pgx.Tx, []string) error{s.readBookings, s.readTaken, s.readKeys, s.readMoney, s.readRefunds, s.readCancelled} {
		if err := read(ctx, tx, events); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Stored) readBookings(ctx context.Context, tx pgx.Tx, events []string) error {
	rows, err := tx.Query(ctx, `
		SELECT b.id::text, b.event_id::text, b.user_id::text, b.status, coalesce(b.replaced_by::text, ''), b.expires_at,
		       coalesce(array_agg(s.section || '-' || s.row_label || '-' || s.number ORDER BY bs.position) FILTER (WHERE bs.seat_no IS NOT NULL), '{}'),
		       array_agg(coalesce(s.section || '-' || s.row_label || '-' || s.number, '') ORDER BY bs.position), array_agg(bs.amount ORDER BY bs.position),
		       count(*) FILTER (WHERE bs.seat_no IS NULL), count(*) FILTER (WHERE bs.seat_no IS NULL AND bs.live), count(*) FILTER (WHERE bs.live),
		       b.amount, sum(bs.amount)::bigint
		FROM bookings b JOIN booking_seats bs ON bs.booking_id = b.id
		     LEFT JOIN seats s ON s.event_id = bs.event_id AND s.seat_no = bs.seat_no
		WHERE b.event_id = ANY ($1::text[]::uuid[]) GROUP BY b.id`, events)
	if err != nil {
		return err
	}
	var id string
	var b StoredBooking
	_, err = pgx.ForEachRow(rows, []any{&id, &b.Event, &b.Buyer, &b.Status, &b.ReplacedBy, &b.Deadline, &b.Seats, &b.Tickets, &b.Prices,
		&b.Places, &b.LivePlaces, &b.Live, &b.Total, &b.Sum}, func() error {
		s.Bookings[id] = b
		b.Seats, b.Tickets, b.Prices = nil, nil, nil
		return nil
	})
	return err
}

func (s *Stored) readTaken(ctx context.Context, tx pgx.Tx, events []string) error {
	// A removed seat has lost its number, but not its place in a row that was numbered 1, 2, 3 …
	rows, err := tx.Query(ctx, `
		SELECT event_id::text, section || '-' || row_label || '-' || CASE WHEN status = 'REMOVED' THEN place ELSE number END,
		       status, coalesce(booking_id::text, '')
		FROM (SELECT *, row_number() OVER (PARTITION BY event_id, section, row_label ORDER BY seat_no) AS place
		      FROM seats WHERE event_id = ANY ($1::text[]::uuid[])) AS seats
		WHERE status <> 'AVAILABLE' OR booking_id IS NOT NULL`, events)
	if err != nil {
		return err
	}
	var place EventSeat
	var seat StoredSeat
	_, err = pgx.ForEachRow(rows, []any{&place.Event, &place.Seat, &seat.Status, &seat.Booking}, func() error {
		s.Taken[place] = seat
		return nil
	})
	return err
}

func (s *Stored) readKeys(ctx context.Context, tx pgx.Tx, _ []string) error {
	rows, err := tx.Query(ctx, `
		SELECT user_id::text, key, resource_id::text FROM idempotency_keys WHERE route = 'POST /api/v1/bookings'`)
	if err != nil {
		return err
	}
	var buyer, key, booking string
	_, err = pgx.ForEachRow(rows, []any{&buyer, &key, &booking}, func() error {
		s.Keys[scoped(buyer, key)] = booking
		return nil
	})
	return err
}

func (s *Stored) readMoney(ctx context.Context, tx pgx.Tx, events []string) error {
	rows, err := tx.Query(ctx, `
		SELECT p.booking_id::text, sum(c.amount - coalesce(back.amount, 0))::bigint
		FROM payments p JOIN mock_charges c ON c.payment_id = p.id AND c.status = 'CHARGED'
		     LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM mock_refunds WHERE status = 'RETURNED' GROUP BY payment_id) AS back ON back.payment_id = p.id
		WHERE p.event_id = ANY ($1::text[]::uuid[]) AND p.status NOT IN ('PENDING', 'REFUND_PENDING') GROUP BY p.booking_id`, events)
	if err != nil {
		return err
	}
	var booking string
	var amount int64
	_, err = pgx.ForEachRow(rows, []any{&booking, &amount}, func() error {
		s.Money[booking] = amount
		return nil
	})
	return err
}

func (s *Stored) readRefunds(ctx context.Context, tx pgx.Tx, events []string) error {
	rows, err := tx.Query(ctx, `
		SELECT r.booking_id::text, r.id::text, r.n, r.amount, r.items::int[], r.released, r.status, coalesce(b.amount, 0)
		FROM refunds r LEFT JOIN mock_refunds b ON b.key = format('refund/%s/%s', r.payment_id, r.n) AND b.status = 'RETURNED'
		WHERE r.event_id = ANY ($1::text[]::uuid[]) ORDER BY r.booking_id, r.n`, events)
	if err != nil {
		return err
	}
	var booking string
	var r StoredRefund
	_, err = pgx.ForEachRow(rows, []any{&booking, &r.ID, &r.N, &r.Amount, &r.Items, &r.Released, &r.Status, &r.Returned}, func() error {
		s.Refunds[booking] = append(s.Refunds[booking], r)
		r.Items = nil
		return nil
	})
	return err
}

func (s *Stored) readCancelled(ctx context.Context, tx pgx.Tx, events []string) error {
	rows, err := tx.Query(ctx, `SELECT event_id::text FROM cancellations WHERE event_id = ANY ($1::text[]::uuid[])`, events)
	if err != nil {
		return err
	}
	var event string
	_, err = pgx.ForEachRow(rows, []any{&event}, func() error {
		s.Cancelled[event] = true
		return nil
	})
	return err
}
