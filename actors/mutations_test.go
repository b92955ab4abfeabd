package actors

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutation is a deliberate bug: edits of the source, which the compiler gets as an
// overlay. The product itself knows nothing of it.
type mutation struct {
	name  string
	edits []edit
}

type edit struct{ file, old, new string }

// TestMutations_FitTheSource tells at once when a line has changed that a mutation edits.
// Whether the mutations are found takes minutes and has a target of its own.
func TestMutations_FitTheSource(t *testing.T) {
	for _, m := range slices.Concat(mutations, storeMutations) {
		m.edit(t, "..")
	}
}

// edit gives the mutated sources by their paths.
func (m mutation) edit(t *testing.T, root string) map[string]string {
	t.Helper()
	sources := map[string]string{}
	for _, e := range m.edits {
		path := filepath.Join(root, e.file)
		if sources[path] == "" {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			sources[path] = string(text)
		}
		require.Equal(t, 1, strings.Count(sources[path], e.old), "%s: in %s: %s", m.name, e.file, e.old)
		sources[path] = strings.Replace(sources[path], e.old, e.new, 1)
	}
	return sources
}

// mutations are bugs for the simulation to find.
var mutations = []mutation{
	{"the store does not fence", []edit{
		{"actors/simstore_test.go", `return epoch == db.epoch`, `return true`}}},
	{"replies before the commit", []edit{
		{"actors/decide.go", `	a.pool.Submit(`, `	for i, r := range b.requests {
		a.send(r.replyTo, &reply{booking: b.Changes[i].Booking, payment: b.Changes[i].Payment})
		r.replyTo = replyTo{}
	}
	a.pool.Submit(`}}},
	{"the store expires every hold that it is told to", []edit{
		{"actors/simcommit_test.go", `	tx.must(b.Status == eventra.BookingHeld)
	if b.ExpiresAt.After(tx.at) || b.PayingUntil.After(tx.at) {
		return false
	}
`, ``}}},
	{"the store drops the mail", []edit{
		{"actors/simcommit_test.go", `	put(tx, db.outbox, booking, true)`, ``}}},
	{"takes an unknown outcome for not committed", []edit{
		{"actors/completion.go", ` || errors.Is(b.Err, eventra.ErrOutcomeUnknown)`, ``}}},
	{"does not reload after an unknown outcome", []edit{
		{"actors/completion.go", `		a.reloadWanted = true
`, ``}}},
	{"does not advance the version", []edit{
		{"actors/decide.go", `a.seats.Version()+1`, `a.seats.Version()`}}},
	{"does not give back places", []edit{
		{"seatmap.go", `	m.floors.move(b, statusOf(stored), SeatAvailable, version)
`, ``}}},
	{"sells claimed places", []edit{
		{"floor.go", `	return n > available-f.claimed, nil`, `	return false, nil`}}},
	{"refuses for a claim", []edit{
		{"decide.go", `		case seat.taken():
			taken`, `		case seat.taken() || seat.claimed:
			taken`}}},
	{"forgets parked requests", []edit{
		{"actors/queue.go", `	open = append(open, a.parked...)`, ``}}},
	{"forgets the claim of a contended change", []edit{
		{"actors/completion.go", `			a.seats.Withdraw(c)
			a.retryContended(r)`, `			a.retryContended(r)`}}},
	{"believes a hold that the store refused", []edit{
		{"actors/completion.go", `		case b.Refused(i):`, `		case b.Refused(i) && c.Kind != eventra.Held:`}}},
	{"takes another booking's reference", []edit{
		{"actors/completion.go", `b.Reference(i)`, `b.Reference(0)`}}},
	{"does not retire after it was fenced off", []edit{
		{"actors/completion.go", `		a.requeue(b)
		a.retire()`, `		a.requeue(b)`}}},
	{"retires without redirecting its callers", []edit{
		{"actors/retire.go", `	for _, r := range a.waiting {
		a.fail(r, cluster.ErrMoved)
	}
`, ``}}},
	{"believes the store's clock to be ahead", []edit{
		{"actors/clock.go", `min(max(c.offset, at.Sub(received)), at.Sub(asked))`, `at.Sub(asked) + received.Sub(asked)`}}},
	{"prices a late payment by today's table", []edit{
		{"decidepayment.go", `item.TicketType == ""`, `item.No != NoSeat`},
		{"decidepayment.go", `total != cmd.Payment.Amount.Amount`, `total < 0`}}},
	{"sells claimed seats to late payers", []edit{
		{"decidepayment.go", `	if wait || claimed {
		return Decision{Verdict: Wait}
	}`, `	_ = wait || claimed`}}},
	{"confirms bookings of a cancelled event", []edit{
		{"decidepayment.go", `	case paid && live.Status == BookingHeld && m.terms.Status != EventPublished:
		return m.refundDue(&payment, CodeSaleClosed)
`, ``}}},
	{"sells a cancelled event to late payers", []edit{
		{"decidepayment.go", `	if m.terms.Status != EventPublished {
		return m.refundDue(payment, CodeSaleClosed)
	}
`, ``}}},
	{"keeps the holds of a cancelled event", []edit{
		{"decide.go", `return m.terms.Status == EventCancelled && b.PaymentID.IsZero()`, `return false`}}},
	{"does not tell the buyers of a cancelled event", []edit{
		{"decide.go", `		c.Notice = &Notice{Kind: MailCancelled, About: m.eventID, Amount: b.Refundable()}
`, ``}}},
	{"a limit per customer ignores claims", []edit{
		{"customer.go", `live+int(has.claimed)+more > c.limit`, `false`}}},
	{"a limit per customer forgets what is counted only", []edit{
		{"countedplaces.go", `return m.counted.left > 0 && m.customers.tickets != nil`, `return false && m.customers.tickets != nil`}}},
	{"a limit per customer counts claims alone", []edit{
		{"customer.go", `live := int(has.live); {`, `live := 0; {`}}},
	{"refuses a customer for a claim", []edit{
		{"customer.go", `	case live+more > c.limit:`, `	case live+int(has.claimed)+more > c.limit:`}}},
	{"still counts the seats that a customer gave back", []edit{
		{"seatmap.go", `	m.customers.add(stored.UserID, -stored.tickets(), 0)
`, ``}}},
	{"late money buys more than one customer may have", []edit{
		{"decidepayment.go", `	if err != nil || !free {`, `	if err != nil && wait || !free {`}}},
	{"tells buyers of a draft", []edit{
		{"decide.go", `	if m.terms.Private() {
		return refuse(NoSuchEvent())
	}
`, ``}}},
	{"the strict orphan rule ignores claims", []edit{
		{"orphan.go", `		return useClaimed
`, `		return useFree
`}}},
	{"the strict orphan rule refuses because of claims", []edit{
		{"orphan.go", `		return useClaimed
`, `		return useTaken
`}}},
	{"the strict orphan rule refuses the last way to sell", []edit{
		{"orphan.go", `	case another == never:
		return false, nil
`, ``}}},
	{"the store sells although the key was used", []edit{
		{"actors/simcommit_test.go", `		if _, used := db.keys[a.Key.Key]; used {
			return false
		}
`, ``}}},
	{"forgets the key in the batch", []edit{
		{"decide.go", `Booking: b, Attempt: cmd.Attempt})`, `Booking: b})`}}},
	{"loses the key on the way to another member", []edit{
		{"actors/wire/command.go", `	case a == nil:`, `	case true:`}}},
	{"refunds return more than was paid", []edit{
		{"refund.go", `	case r.Amount.Amount > refundable:`, `	case r.Amount.Amount < 0:`}}},
	{"a refund that is under way counts as failed", []edit{
		{"refund.go", `if b.Refunds[i].Status != RefundFailed {`, `if b.Refunds[i].Status == RefundSucceeded {`}}},
	{"a refund releases items and not their seats", []edit{
		{"refund.go", `	for _, item := range c.SeatItems() {
		m.freeSeat(item, stored, version)
	}
`, ``}}},
	{"a refund frees the seats of items that are kept", []edit{
		{"change.go", `c.Refund.Released && slices`, `slices`}}},
	{"a refund keeps its customer's limit used", []edit{
		{"refund.go", `	m.customers.add(b.UserID, b.tickets()-stored.tickets(), 0)
`, ``}}},
	{"a view misses a change", []edit{
		{"seatmap.go", `	m.noteChange(no)
`, ``}}},
	{"blocks a seat although it is taken", []edit{
		{"blocking.go", `		case blocked && seat.owner != nil:
			if`, `		case blocked && seat.owner == nil && seat.blocked && false:
			if`},
		{"blocking.go", `		if seat.owner != nil || seat.claimed {`, `		if seat == nil {`}}},
	{"removes a seat without taking an epoch", []edit{
		{"actors/simstore_test.go", `		db.epoch++
`, `		if !tx.removes {
			db.epoch++
		}
`}}},
	{"sells blocked seats", []edit{
		{"seatmap.go", `return s.owner != nil || s.blocked`, `return s.owner != nil`}}},
	{"gives a blocked seat back before the commit", []edit{
		{"seatmap.go", `	if c.Kind.Blocks() {
		m.claimBlocking(c)
	}`, `	if c.Kind.Blocks() {
		m.claimBlocking(c)
		for _, no := range c.Seats {
			m.seats[no].blocked = m.seats[no].blocked && c.Kind == Blocked
		}
	}`}}},
	{"blocks without an entry in the audit log", []edit{
		{"blocking.go", `Audit: cmd.audit(m.eventID, changed), `, ``}}},
	{"carries a blocking out twice", []edit{
		{"actors/simblock_test.go", `	if _, used := db.blockings[c.Blocking.ID]; used {
		return false
	}
`, ``}}},
	{"has two batches of an event in flight", []edit{
		{"actors/decide.go", `	if a.inFlight != nil {
		return false
	}
`, ``}}},
	{"submits after a reload what it had prepared before", []edit{
		{"actors/prepare.go", `	a.next = newNext()
	return open`, `	a.next = next{prepared: a.next.prepared, filling: &batch{}}
	return open`}}},
	{"takes an abandoned preparation for the present one", []edit{
		{"actors/prepare.go", `	if b == a.next.preparing {
		a.next.endPreparing()`, `	if a.next.preparing = b; true {
		a.next.endPreparing()`}}},
	{"forgets the requests of the batch that is being prepared", []edit{
		{"actors/next.go", `	return []*batch{n.prepared, n.preparing, n.filling}`, `	return []*batch{n.prepared, n.filling}`}}},
}

// storeMutations are bugs in the real stores, for their own suites to find.
var storeMutations = []mutation{
	{"PostgreSQL does not fence", []edit{
		{"persistence/postgres/fence.go", `events.epoch = f.epoch LIMIT 1 FOR SHARE`, `true LIMIT 1 FOR SHARE`}}},
	{"PostgreSQL expires before the deadline", []edit{
		{"persistence/postgres/commitsql.go", `
        AND expires_at <= now() AND (paying_until IS NULL OR paying_until <= now())`, ``}}},
	{"PostgreSQL sells although the key was used", []edit{
		{"persistence/postgres/commitsql.go", `
    WHERE (id IN (SELECT resource_id FROM claimed)) IS TRUE`, ``}}},
	{"PostgreSQL returns more than was paid", []edit{
		{"persistence/postgres/commitrefunds.go", ` AND refunded + amount <= charged`, ``}}},
	{"PostgreSQL ends a refund twice", []edit{
		{"persistence/postgres/commitrefunds.go", ` AND asked.was = 'PENDING'`, ``}}},
	{"PostgreSQL gives a seat back that is not blocked", []edit{
		{"persistence/postgres/commitblockings.go", ` AND seats.status = 'BLOCKED'`, ``}}},
	{"PostgreSQL does not count a customer's seats", []edit{
		{"persistence/postgres/commitcustomer.go", `NOT EXISTS (SELECT FROM crowded)`, `true`}}},
	{"PostgreSQL does not give back places", []edit{
		{"persistence/postgres/commitplaces.go", `SET taken = taken + counters.delta,`, `SET taken = taken + greatest(counters.delta, 0),`}}},
	{"PostgreSQL counts places of a refused change", []edit{
		{"persistence/postgres/commitplaces.go", `
    WHERE booking.xmin = pg_current_xact_id()::xid`, ``}}},
	{"PostgreSQL drops the mail", []edit{
		{"persistence/postgres/commitpaymentsql.go", `SELECT booking_id, event_id, now(), now() FROM paid`, `SELECT booking_id, event_id, now(), now() FROM paid WHERE false`}}},
	{"Redis releases another's lock", []edit{
		{"persistence/redis/lock.go", `if owner == tokens[first + i - 1] then own[#own + 1] = KEYS[first + i - 1] end`, `own[#own + 1] = KEYS[first + i - 1]`}}},
}
