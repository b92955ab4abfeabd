package actors_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
)

// unreferenced is the store of an owner of the release before: the database gives references, and
// the owner does not know them.
type unreferenced struct{ actors.EventStore }

func (s unreferenced) CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	receipts, err := s.EventStore.CommitTogether(ctx, batches)
	for i := range receipts {
		receipts[i].References = nil
	}
	return receipts, err
}

func (s unreferenced) Commit(ctx context.Context, batch *eventra.Batch) (eventra.Receipt, error) {
	receipt, err := s.EventStore.Commit(ctx, batch)
	receipt.References = nil
	return receipt, err
}

func TestBoxOffice_ShowsReferences(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(actors.EventStore) actors.EventStore{
		"of this release":                   func(s actors.EventStore) actors.EventStore { return s },
		"of an owner of the release before": func(s actors.EventStore) actors.EventStore { return unreferenced{s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSale(t, 1, 2, 600)
			office, _ := s.office(of(s.db))
			held, err := s.hold(office, "A-1-1")
			require.NoError(t, err)
			stored, err := s.db.Booking(t.Context(), held.ID)
			require.NoError(t, err)
			require.NotZero(t, stored.Reference)
			require.Equal(t, stored.Reference, held.Reference)
			released, err := office.Release(testContext(t), held.UserID, held.ID)
			require.NoError(t, err)
			require.Equal(t, stored.Reference, released.Reference)
		})
	}
}
