package postgres_test

import (
	"context"
	"flag"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
)

func TestMain(m *testing.M) {
	// Each step of a property calls the store several times; the flag sets more checks.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// open opens a private database that is dropped after the test.
func open(t testing.TB) *postgres.DB {
	t.Helper()
	return openAt(t, persistencetest.NewDatabase(t))
}

func openAt(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), url, postgres.Options{MaxConns: 8})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

func TestDB_EventStore(t *testing.T) {
	t.Parallel()
	db := open(t)
	persistencetest.RunEventStore(t, func(*testing.T) persistencetest.EventStore { return db })
}

func TestDB_UserStore(t *testing.T) {
	t.Parallel()
	db := open(t)
	persistencetest.RunUserStore(t, func(*testing.T) persistencetest.UserStore { return db })
}

func TestDB_IdempotencyStore(t *testing.T) {
	t.Parallel()
	db := open(t)
	persistencetest.RunIdempotencyStore(t, func(*testing.T) persistencetest.IdempotencyStore { return db })
}

func TestDB_Outbox(t *testing.T) {
	t.Parallel()
	persistencetest.RunOutbox(t, open(t))
}

func TestDB_ObsoleteMails(t *testing.T) {
	t.Parallel()
	persistencetest.RunObsoleteMails(t, open(t))
}

func TestDB_Cancellations(t *testing.T) {
	t.Parallel()
	persistencetest.RunCancellations(t, open(t))
}

func TestDB_CancelledParts(t *testing.T) {
	t.Parallel()
	persistencetest.RunCancelledParts(t, open(t))
}

func TestDB_Reschedulings(t *testing.T) {
	t.Parallel()
	persistencetest.RunReschedulings(t, open(t))
}

func TestDB_OldCancellations(t *testing.T) {
	t.Parallel()
	persistencetest.RunOldCancellations(t, open(t))
}

func TestMembers_MemberStore(t *testing.T) {
	t.Parallel()
	persistencetest.RunMemberStore(t, openMembers(t, persistencetest.NewDatabase(t)))
}

func openMembers(t testing.TB, url string) *postgres.Members {
	t.Helper()
	members, err := postgres.OpenMembers(context.Background(), url)
	require.NoError(t, err)
	t.Cleanup(members.Close)
	return members
}

func TestDB_AccountStore(t *testing.T) {
	t.Parallel()
	db := open(t)
	persistencetest.RunAccountStore(t, func(*testing.T) persistencetest.AccountStore { return db })
}

func TestDB_AccountMails(t *testing.T) {
	t.Parallel()
	persistencetest.RunAccountMails(t, open(t))
}

func TestDB_BookingSearch(t *testing.T) {
	t.Parallel()
	persistencetest.RunBookingSearch(t, open(t))
}

func TestDB_BookingRecord(t *testing.T) {
	t.Parallel()
	persistencetest.RunBookingRecord(t, open(t))
}

func TestDB_APIKeyStore(t *testing.T) {
	t.Parallel()
	persistencetest.RunAPIKeyStore(t, open(t))
}

func TestDB_Audit(t *testing.T) {
	t.Parallel()
	persistencetest.RunAudit(t, open(t))
}

func TestDB_EventReport(t *testing.T) {
	t.Parallel()
	persistencetest.RunEventReport(t, open(t))
}

func TestDB_SeatHistory(t *testing.T) {
	t.Parallel()
	persistencetest.RunSeatHistory(t, open(t))
}

func TestDB_CustomerStore(t *testing.T) {
	t.Parallel()
	persistencetest.RunCustomerStore(t, open(t))
	// Instances share no round trips.
	url := persistencetest.NewDatabase(t)
	one, other := openAt(t, url), openAt(t, url)
	var ids [2][50]eventra.ID
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			c := &eventra.ShopCustomer{ID: persistencetest.NewID(), Shop: "A shop", ExternalID: strconv.Itoa(i % 50), Email: strconv.Itoa(i) + "@example.com"}
			id, err := []*postgres.DB{one, other}[i/50].PutCustomer(t.Context(), c)
			if err != nil {
				t.Error(err)
			}
			ids[i/50][i%50] = id
		})
	}
	all.Wait()
	require.Equal(t, ids[0], ids[1])
}

func TestDB_UserAdmin(t *testing.T) {
	t.Parallel()
	persistencetest.RunUserAdmin(t, open(t))
}
