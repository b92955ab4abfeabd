package http

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra"
)

// fakes are small services in memory, all that a Server's own behaviour needs.
// err, if set, is what every service but the keys answers.
type fakes struct {
	mu       sync.Mutex
	users    map[eventra.ID]*eventra.User
	sessions map[[sha256.Size]byte]*eventra.Session
	denied   map[eventra.ID]bool
	events   map[eventra.ID]*eventra.Event
	seats    map[eventra.ID][]eventra.Seat
	views    map[eventra.ID]*eventra.SeatsView // of those in whose seats something changes
	bookings map[eventra.ID]*eventra.Booking
	payments map[eventra.ID]*eventra.Payment
	keys     map[eventra.IdempotencyKey]*fakeKey
	counts   map[string]int

	heldAgain atomic.Int64 // calls of HoldAgain

	hold func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) // in place of Hold
	pay  func(eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error)
	err  error

	cutOff bool // from who sells
}

type fakeKey struct {
	hash   [sha256.Size]byte
	id     eventra.ID
	stored *eventra.StoredResponse
	taken  bool
}

func newFakes() *fakes {
	return &fakes{
		users: map[eventra.ID]*eventra.User{}, sessions: map[[sha256.Size]byte]*eventra.Session{},
		denied: map[eventra.ID]bool{}, events: map[eventra.ID]*eventra.Event{}, seats: map[eventra.ID][]eventra.Seat{},
		views:    map[eventra.ID]*eventra.SeatsView{},
		bookings: map[eventra.ID]*eventra.Booking{}, payments: map[eventra.ID]*eventra.Payment{},
		keys: map[eventra.IdempotencyKey]*fakeKey{}, counts: map[string]int{},
	}
}

func (f *fakes) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func notFound() error { return eventra.Errorf(eventra.CodeNotFound, "no such thing") }

func (f *fakes) CreateUser(_ context.Context, u *eventra.User) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, other := range f.users {
		if other.Email == u.Email && other.ID != u.ID {
			return eventra.Errorf(eventra.CodeEmailTaken, "the address has an account")
		}
	}
	f.users[u.ID] = u
	return f.err
}

func (f *fakes) UserByEmail(_ context.Context, email string) (*eventra.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range f.users {
		if u.Email == email {
			return u, f.err
		}
	}
	return nil, notFound()
}

func (f *fakes) UserByID(_ context.Context, id eventra.ID) (*eventra.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if u := f.users[id]; u != nil {
		return u, f.err
	}
	return nil, notFound()
}

func (f *fakes) CreateSession(_ context.Context, s *eventra.Session) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions[s.TokenHash] = s
	return f.err
}

func (f *fakes) RotateSession(_ context.Context, r eventra.Rotation) (*eventra.User, eventra.ID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sessions[r.Presented]
	if s == nil {
		return nil, eventra.ID{}, eventra.Errorf(eventra.CodeInvalidRefreshToken, "no such token")
	}
	delete(f.sessions, r.Presented)
	f.sessions[r.Successor] = s
	return f.users[s.UserID], s.ID, f.err
}

func (f *fakes) EndSession(_ context.Context, userID eventra.ID, refresh [sha256.Size]byte, _ eventra.ID, _ time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.sessions[refresh]; s != nil && s.UserID == userID {
		delete(f.sessions, refresh)
	}
	return f.err
}

func (f *fakes) Denied(id eventra.ID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.denied[id]
}

func (f *fakes) Deny(id eventra.ID, _ time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.denied[id] = true
}

func (f *fakes) Event(_ context.Context, id eventra.ID) (*eventra.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e := f.events[id]; e != nil {
		return e, f.err
	}
	return nil, eventra.Errorf(eventra.CodeEventNotFound, "no such event")
}

func (f *fakes) Events(_ context.Context, filter eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []*eventra.Event
	for _, e := range f.events {
		after := p.Cursor == nil || e.ID.Compare(p.Cursor.ID) > 0
		if after && (filter.WithDrafts || e.Status == eventra.EventPublished) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *eventra.Event) int { return a.ID.Compare(b.ID) })
	if len(found) <= p.Limit {
		return found, nil, f.err
	}
	last := found[p.Limit-1]
	return found[:p.Limit], &eventra.Cursor{Time: last.StartsAt, ID: last.ID}, f.err
}

func (f *fakes) Create(_ context.Context, e *eventra.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	e.Status, e.Version = eventra.EventDraft, 1
	f.events[e.ID] = e
	return f.err
}

func (f *fakes) put(e *eventra.Event) (*eventra.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events[e.ID] = e
	return e, f.err
}

func (f *fakes) Update(_ context.Context, id eventra.ID, ifVersion int64, change func(*eventra.Event) error) (*eventra.Event, error) {
	e, err := f.Event(context.Background(), id)
	if err != nil {
		return nil, err
	}
	if ifVersion != 0 && ifVersion != e.Version {
		return nil, eventra.Errorf(eventra.CodePreconditionFailed, "stale")
	}
	changed := *e
	if err := change(&changed); err != nil {
		return nil, err
	}
	changed.Version++
	return f.put(&changed)
}

func (f *fakes) Transition(_ context.Context, id eventra.ID, to eventra.EventStatus) (*eventra.Event, error) {
	e, err := f.Event(context.Background(), id)
	if err != nil {
		return nil, err
	}
	if !e.Status.CanBecome(to) {
		return nil, eventra.Errorf(eventra.CodeInvalidTransition, "%s cannot become %s", e.Status, to)
	}
	changed := *e
	changed.Status = to
	changed.Version++
	return f.put(&changed)
}

func (f *fakes) Delete(_ context.Context, id eventra.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[id] == nil {
		return eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	}
	delete(f.events, id)
	return f.err
}

func (f *fakes) AddSeats(_ context.Context, id eventra.ID, seats []eventra.Seat) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[id] == nil {
		return 0, eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	}
	f.seats[id] = append(f.seats[id], seats...)
	return len(f.seats[id]), f.err
}

func (f *fakes) Seats(_ context.Context, id eventra.ID) (*eventra.SeatsView, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if view := f.views[id]; view != nil {
		return view, f.cutOff, f.err
	}
	seats := f.seats[id]
	return &eventra.SeatsView{EventID: id, Version: 7, Layout: eventra.NewLayout(seats),
		Status: make([]eventra.SeatStatus, len(seats)), Changed: make([]uint64, len(seats))}, f.cutOff, f.err
}

func (f *fakes) Availability(_ context.Context, id eventra.ID) (*eventra.Availability, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.seats[id])
	return &eventra.Availability{EventID: id, Version: 7, Total: eventra.SectionTally{Total: n, Available: n}}, f.cutOff, f.err
}

func (f *fakes) Hold(ctx context.Context, eventID eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hold != nil {
		return f.hold(ctx, cmd)
	}
	if f.events[eventID] == nil {
		return nil, eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	}
	if b := f.bookings[cmd.BookingID]; b != nil {
		return b, f.err
	}
	seat := eventra.Seat{Section: "A", Row: "1", Number: 1, Price: eventra.Money{Amount: 1500, Currency: "EUR"}}
	b := &eventra.Booking{ID: cmd.BookingID, EventID: eventID, UserID: cmd.UserID, Status: eventra.BookingHeld,
		Seats: []eventra.BookedSeat{{Seat: seat}}, Total: seat.Price,
		ExpiresAt: time.Now().Add(time.Minute), CreatedAt: time.Now()}
	f.bookings[b.ID] = b
	return b, f.err
}

func (f *fakes) HoldAgain(ctx context.Context, eventID eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
	f.heldAgain.Add(1)
	return f.Hold(ctx, eventID, cmd)
}

func (f *fakes) Release(ctx context.Context, userID, id eventra.ID) (*eventra.Booking, error) {
	b, err := f.Booking(ctx, id)
	if err == nil && b.UserID != userID {
		return nil, notFound()
	}
	return b, err
}

func (f *fakes) Refund(ctx context.Context, id eventra.ID) (*eventra.Booking, error) {
	return f.Booking(ctx, id)
}

func (f *fakes) Pay(ctx context.Context, r eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	if f.pay != nil {
		return f.pay(r)
	}
	b, err := f.Booking(ctx, r.BookingID)
	if err != nil {
		return nil, nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p := &eventra.Payment{ID: r.PaymentID, BookingID: b.ID, Method: r.Method, Amount: b.Total,
		Status: eventra.PaymentSucceeded, CreatedAt: time.Now()}
	f.payments[p.ID] = p
	return p, b, f.err
}

func (f *fakes) Booking(_ context.Context, id eventra.ID) (*eventra.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.bookings[id]; b != nil {
		return b, f.err
	}
	return nil, notFound()
}

func (f *fakes) UserBookings(_ context.Context, userID eventra.ID, _ eventra.BookingFilter, p eventra.Page) ([]*eventra.Booking, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []*eventra.Booking
	for _, b := range f.bookings {
		if b.UserID == userID {
			found = append(found, b)
		}
	}
	if len(found) > p.Limit {
		found = found[:p.Limit]
		return found, &eventra.Cursor{Time: found[p.Limit-1].CreatedAt, ID: found[p.Limit-1].ID}, f.err
	}
	return found, nil, f.err
}

func (f *fakes) BookingPayments(_ context.Context, id eventra.ID, _ eventra.Page) ([]eventra.Payment, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []eventra.Payment
	for _, p := range f.payments {
		if p.BookingID == id {
			found = append(found, *p)
		}
	}
	return found, nil, f.err
}

func (f *fakes) Begin(_ context.Context, key eventra.IdempotencyKey, hash [sha256.Size]byte, id eventra.ID, _ time.Duration) (*eventra.IdempotencyClaim, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := f.keys[key]
	again := k != nil && k.stored == nil
	switch {
	case k == nil:
		k = &fakeKey{hash: hash, id: id}
		f.keys[key] = k
	case k.hash != hash:
		return nil, eventra.Errorf(eventra.CodeIdempotencyKeyReused, "another request has this key")
	case k.taken:
		return nil, eventra.Errorf(eventra.CodeIdempotencyInProgress, "the first call is still running")
	}
	k.taken = k.stored == nil
	return &eventra.IdempotencyClaim{ResourceID: k.id, Again: again, Stored: k.stored}, nil
}

func (f *fakes) Finish(_ context.Context, key eventra.IdempotencyKey, outcome eventra.StoredResponse) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys[key].taken, f.keys[key].stored = false, &outcome
	return nil
}

func (f *fakes) Take(class, subject string, window time.Duration, now time.Time, n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := class + " " + subject + " " + now.Truncate(window).String()
	f.counts[key] += n
	return f.counts[key]
}

// fakeKeys gives Release the meaning that keys have for it.
type fakeKeys struct{ *fakes }

func (k fakeKeys) Release(_ context.Context, key eventra.IdempotencyKey) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fakes.keys[key].taken = false
	return nil
}

func (f *fakes) Describe(context.Context) (*eventra.Cluster, error) {
	self := eventra.ClusterMember{Member: eventra.Member{ID: "one", Version: "test"}, Status: eventra.MemberActive, Self: true, Answered: true}
	return &eventra.Cluster{Members: []eventra.ClusterMember{self}}, nil
}
