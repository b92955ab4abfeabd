package http

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra"
)

// fakes are services in memory, as far as a Server's own behaviour needs them. If err is
// set, every service but IdempotencyKeys returns it.
type fakes struct {
	mu       sync.Mutex
	users    map[eventra.ID]*eventra.User
	sessions map[[sha256.Size]byte]*eventra.Session
	denied   map[eventra.ID]int // below which version
	events   map[eventra.ID]*eventra.Event
	seats    map[eventra.ID][]eventra.Seat
	views    map[eventra.ID]*eventra.SeatsView // of events whose seats change
	pricings map[eventra.ID]*eventra.Pricing
	bookings map[eventra.ID]*eventra.Booking
	payments map[eventra.ID]*eventra.Payment
	blocks   []eventra.SeatBlock
	keys     map[eventra.IdempotencyKey]*fakeKey
	counts   map[string]int
	apiKeys  map[eventra.ID]*fakeAPIKey

	shopCustomers map[string]eventra.ID
	metadata      map[eventra.ID]eventra.Metadata

	keyLookUps, customersPut int

	searched eventra.BookingSearch  // last
	record   *eventra.BookingRecord // in place of a booking's own
	seatUses []eventra.SeatUse
	reading  func() // of a report; nil: does nothing
	released eventra.Actor
	lookedAt time.Time            // of a seat's history
	audited  []eventra.AuditEntry // by AppendAudit
	tries    eventra.MailTries
	triesErr error
	// exportPage stands in for ExportBookings.
	exportPage func(context.Context, eventra.BookingExport, *eventra.Cursor) ([]eventra.ExportedBooking, *eventra.Cursor, error)

	accountMails  []*eventra.AccountMail // whose tokens have not been used
	verifiedAsked int                    // calls of EmailVerified

	heldAgain atomic.Int64 // calls of HoldAgain

	actor eventra.Actor // of the last Create or ChangeUser
	dead  []eventra.DeadMail

	hold func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) // in place of Hold
	pay  func(eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error)
	err  error

	beforeBegin, beforeUserExists func()

	keysAway error // of IdempotencyKeys, instead of err

	cutOff bool // from the member that sells, so that seat maps are stale
}

type fakeKey struct {
	hash   [sha256.Size]byte
	id     eventra.ID
	stored *eventra.StoredResponse
	by     eventra.ID // the attempt that claimed it last
	taken  bool
	held   bool // written with the booking
}

func newFakes() *fakes {
	return &fakes{
		users: map[eventra.ID]*eventra.User{}, sessions: map[[sha256.Size]byte]*eventra.Session{},
		denied: map[eventra.ID]int{}, events: map[eventra.ID]*eventra.Event{}, seats: map[eventra.ID][]eventra.Seat{},
		views: map[eventra.ID]*eventra.SeatsView{}, pricings: map[eventra.ID]*eventra.Pricing{},
		bookings: map[eventra.ID]*eventra.Booking{}, payments: map[eventra.ID]*eventra.Payment{},
		keys: map[eventra.IdempotencyKey]*fakeKey{}, counts: map[string]int{}, apiKeys: map[eventra.ID]*fakeAPIKey{}, shopCustomers: map[string]eventra.ID{}, metadata: map[eventra.ID]eventra.Metadata{},
	}
}

func (f *fakes) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func notFound() error { return eventra.Errorf(eventra.CodeNotFound, "no such thing") }

func (f *fakes) Take(class, subject string, window time.Duration, now time.Time, n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := class + " " + subject + " " + now.Truncate(window).String()
	f.counts[key] += n
	return f.counts[key]
}

func (f *fakes) Describe(context.Context) (*eventra.Cluster, error) {
	self := eventra.ClusterMember{Member: eventra.Member{ID: "one", Version: "test"}, Status: eventra.MemberActive, Self: true, Answered: true}
	return &eventra.Cluster{Members: []eventra.ClusterMember{self}}, nil
}
