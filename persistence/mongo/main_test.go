package mongo_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/mongo"
	"github.com/eventra/eventra/persistence/persistencetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB) *mongo.DB { return openURL(t, persistencetest.NewMongo(t)) }

func openURL(t testing.TB, url string) *mongo.DB {
	t.Helper()
	db, err := mongo.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func newID() eventra.ID { return eventra.ID(uuid.Must(uuid.NewV7())) }

var summer = time.Date(2027, 7, 1, 18, 30, 0, 123e6, time.UTC)

func newEvent(title string, startsAt time.Time) *eventra.Event {
	saleEnds := startsAt.Add(-time.Hour)
	return &eventra.Event{
		ID:          newID(),
		Title:       title,
		Description: "An evening with " + title,
		Category:    "concert",
		Tags:        []string{"indoor", "größer"},
		Venue: eventra.Venue{
			Name: "Arena", Address: "1 Main Street", City: "Berlin", Country: "DE", Timezone: "Europe/Berlin",
		},
		StartsAt:   startsAt,
		EndsAt:     startsAt.Add(2 * time.Hour),
		Attributes: json.RawMessage(`{}`),
		Terms: eventra.Terms{
			Status: eventra.EventPublished, SaleEndsAt: &saleEnds, HoldSeconds: 600, MaxSeatsPerBooking: 10,
			MaxSeatsPerCustomer: 7, OrphanRule: eventra.OrphanWarn,
		},
		CreatedAt: summer.AddDate(-1, 0, 0),
		UpdatedAt: summer.AddDate(-1, 0, 0),
		Version:   1,
	}
}

func insert(t testing.TB, db *mongo.DB, events ...*eventra.Event) {
	t.Helper()
	for _, e := range events {
		inserted, err := db.Insert(t.Context(), e)
		require.NoErrorf(t, err, "insert %q", e.Title)
		require.True(t, inserted)
	}
}
