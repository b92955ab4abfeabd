package postgres_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// BenchmarkFootprint measures what each operation costs the server: bytes of its
// write-ahead log, microseconds of CPU, and space on its disk. Bookings come in
// batches over one connection and have two seats, unless the name says otherwise.
// "fresh" begins right after a checkpoint, when the first change of each page logs
// the whole page. docs/SCALE.md has its constants from here.
func BenchmarkFootprint(b *testing.B) {
	for _, last := range []struct {
		name  string
		steps []eventra.ChangeKind
	}{
		{"held", []eventra.ChangeKind{eventra.Held}},
		{"expired", []eventra.ChangeKind{eventra.Held, eventra.Expired}},
		{"started", []eventra.ChangeKind{eventra.Held, eventra.PaymentStarted}},
		{"confirmed", []eventra.ChangeKind{eventra.Held, eventra.PaymentStarted, eventra.Confirmed}},
	} {
		for _, size := range []int{1, 50, 200, 512} {
			b.Run(fmt.Sprintf("%s/batch=%d", last.name, size), func(b *testing.B) { benchmarkSteps(b, last.steps, size, 2, false) })
		}
		for _, seats := range []int{1, 4} {
			b.Run(fmt.Sprintf("%s/seats=%d", last.name, seats), func(b *testing.B) { benchmarkSteps(b, last.steps, 200, seats, false) })
		}
		b.Run(last.name+"/fresh", func(b *testing.B) { benchmarkSteps(b, last.steps, 200, 2, true) })
	}
	for _, callers := range []int{1, 8} {
		b.Run(fmt.Sprintf("key/callers=%d", callers), func(b *testing.B) { benchmarkKey(b, callers) })
	}
	b.Run("list", benchmarkList)
	for _, members := range []int{10, 100} {
		b.Run(fmt.Sprintf("renewal/members=%d", members), func(b *testing.B) { benchmarkRenewal(b, members) })
	}
	b.Run("rest", benchmarkRest)
}

// benchmarkSteps measures the last of the steps that bookings take. An iteration
// is a batch.
func benchmarkSteps(b *testing.B, steps []eventra.ChangeKind, size, seats int, fresh bool) {
	m := newMeter(b)
	db := openAt(b, m.url)
	total := min(seats*size*b.N, eventra.SeatsPerEventMax)
	total -= total % (seats * size)
	m.exec("CHECKPOINT")
	var groups []*group
	var s *sale
	for range b.N {
		if s == nil || s.left() == 0 {
			s = newSale(b, db, total)
			if steps[len(steps)-1] == eventra.Expired {
				s.batch.Hold = -time.Second
			}
		}
		g := &group{sale: s}
		groups = append(groups, g)
		g.fill(size, seats)
		for _, kind := range steps[:len(steps)-1] {
			g.commit(b, kind)
		}
	}
	if fresh {
		m.exec("CHECKPOINT")
	}
	m.start()
	b.ResetTimer()
	for _, g := range groups {
		g.commit(b, steps[len(steps)-1])
	}
	b.StopTimer()
	m.report(size * b.N)
}

// group is bookings that take each of their steps in one batch.
type group struct {
	sale     *sale
	bookings []*eventra.Booking
	payments []*eventra.Payment
}

func (g *group) fill(size, seats int) {
	for range size {
		booking := g.sale.nextBooking(anyUser(), seats)
		g.bookings = append(g.bookings, booking)
		g.payments = append(g.payments, &eventra.Payment{ID: persistencetest.NewID(), BookingID: booking.ID, EventID: booking.EventID,
			UserID: booking.UserID, Method: "mock", Amount: booking.Total})
	}
}

func (g *group) commit(b *testing.B, kind eventra.ChangeKind) {
	batch := &g.sale.batch
	batch.Version++
	batch.Changes = batch.Changes[:0]
	for i, booking := range g.bookings {
		c := &eventra.Change{Kind: kind, Booking: booking}
		if kind == eventra.PaymentStarted || kind == eventra.Confirmed {
			c.Payment, c.Grace = g.payments[i], time.Minute
		}
		batch.Changes = append(batch.Changes, c)
	}
	receipt, err := g.sale.db.Commit(b.Context(), batch)
	require.NoError(b, err)
	require.Nil(b, receipt.Refused)
}

// anyUser is a random id: buyers come in no order of registration.
func anyUser() (id eventra.ID) {
	rand.Read(id[:])
	return id
}

// benchmarkKey claims idempotency keys and stores their outcomes.
func benchmarkKey(b *testing.B, callers int) {
	m := newMeter(b)
	db := openAt(b, m.url)
	outcome := eventra.StoredResponse{Status: 201, ContentType: "application/json", Location: "/api/v1/bookings/" + anyUser().String(),
		Body: []byte(strings.Repeat("{seats}", 60))}
	m.start()
	b.ResetTimer()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range b.N / callers {
				attempt := &eventra.IdempotencyAttempt{ResourceID: persistencetest.NewID(), Lease: time.Minute,
					Key: eventra.IdempotencyKey{UserID: anyUser(), Route: "POST /api/v1/bookings", Key: anyUser().String()}}
				if _, err := db.Begin(b.Context(), attempt); err != nil {
					b.Error(err)
				}
				if err := db.Finish(b.Context(), attempt, outcome); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	m.report(b.N / callers * callers)
	if b.N >= callers {
		m.sizes("idempotency_keys")
	}
}

// benchmarkList reads the first page of a user with 20 bookings.
func benchmarkList(b *testing.B) {
	m := newMeter(b)
	s := newSale(b, openAt(b, m.url), 40)
	g := &group{sale: s}
	g.fill(20, 2)
	user := anyUser()
	for _, booking := range g.bookings {
		booking.UserID = user
	}
	g.commit(b, eventra.Held)
	m.start()
	b.ResetTimer()
	for range b.N {
		found, _, err := s.db.UserBookings(b.Context(), user, eventra.BookingFilter{}, eventra.Page{Limit: 20})
		require.NoError(b, err)
		require.Len(b, found, 20)
	}
	b.StopTimer()
	m.report(b.N)
}

func benchmarkRenewal(b *testing.B, count int) {
	m := newMeter(b)
	members := openMembers(b, m.url)
	var self *eventra.Member
	for range count {
		self = &eventra.Member{ID: anyUser().String(), Address: "10.0.0.1:7400", Version: "v1.0.0"}
		require.NoError(b, members.Join(b.Context(), self, time.Hour))
	}
	m.start()
	b.ResetTimer()
	for range b.N {
		_, _, err := members.Renew(b.Context(), self, time.Hour)
		require.NoError(b, err)
	}
	b.StopTimer()
	m.report(b.N)
}

// benchmarkRest confirms half of the bookings, lets half expire, and measures what
// their rows take on disk, with indexes. An event has room for 125 iterations.
func benchmarkRest(b *testing.B) {
	const size = 200
	m := newMeter(b)
	m.start()
	s := newSale(b, openAt(b, m.url), 2*2*size*b.N)
	m.report(len(s.seats))
	for range b.N {
		kept, lost := &group{sale: s}, &group{sale: s}
		kept.fill(size, 2)
		lost.fill(size, 2)
		for _, kind := range []eventra.ChangeKind{eventra.Held, eventra.PaymentStarted, eventra.Confirmed} {
			kept.commit(b, kind)
		}
		s.batch.Hold = -time.Second
		lost.commit(b, eventra.Held)
		lost.commit(b, eventra.Expired)
		s.batch.Hold = time.Hour
	}
	m.exec("VACUUM")
	m.sizes("seats", "bookings", "booking_seats", "payments", "outbox")
}

// meter reads what a server on this machine has spent on its clients.
type meter struct {
	b    *testing.B
	url  string
	conn *pgx.Conn
	log  int64
	cpu  time.Duration
}

func newMeter(b *testing.B) *meter {
	m := &meter{b: b, url: persistencetest.NewDatabase(b)}
	var err error
	m.conn, err = pgx.Connect(b.Context(), m.url)
	require.NoError(b, err)
	b.Cleanup(func() { m.conn.Close(context.Background()) })
	return m
}

func (m *meter) exec(sql string) {
	_, err := m.conn.Exec(m.b.Context(), sql)
	require.NoError(m.b, err)
}

// read leaves out the server's background work, which comes in bursts.
func (m *meter) read() (log int64, cpu time.Duration) {
	var pids []int
	require.NoError(m.b, m.conn.QueryRow(m.b.Context(), `
		SELECT pg_current_wal_insert_lsn() - '0/0', ARRAY (
			SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend')`,
	).Scan(&log, &pids))
	for _, pid := range pids {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
		onCPU, _, _ := strings.Cut(string(stat), " ") // nanoseconds
		ns, _ := strconv.ParseInt(onCPU, 10, 64)
		cpu += time.Duration(ns)
	}
	return log, cpu
}

func (m *meter) start() { m.log, m.cpu = m.read() }

func (m *meter) report(operations int) {
	log, cpu := m.read()
	m.b.ReportMetric(float64(log-m.log)/float64(operations), "log-B/each")
	m.b.ReportMetric(float64(cpu-m.cpu)/1e3/float64(operations), "server-µs/each")
	m.b.ReportMetric(float64(operations)/m.b.Elapsed().Seconds(), "each/s")
}

func (m *meter) sizes(tables ...string) {
	for _, table := range tables {
		var perRow float64
		require.NoError(m.b, m.conn.QueryRow(m.b.Context(),
			fmt.Sprintf("SELECT pg_total_relation_size('%s')::float8 / (SELECT count(*) FROM %s)", table, table)).Scan(&perRow))
		m.b.ReportMetric(perRow, table+"-B/row")
	}
}
