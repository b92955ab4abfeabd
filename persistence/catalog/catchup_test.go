package catalog_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/catalog"
)

// listed are events in the order of their ids.
type listed struct {
	events []eventra.EventVersion
	marked []eventra.ID
}

func (l *listed) Versions(_ context.Context, after eventra.ID, limit int) (page []eventra.EventVersion, err error) {
	for _, e := range l.events {
		if string(e.ID[:]) > string(after[:]) && len(page) < limit {
			page = append(page, e)
		}
	}
	return page, nil
}

func (l *listed) MarkUncopied(_ context.Context, id eventra.ID) error {
	l.marked = append(l.marked, id)
	return nil
}

func TestCatchUp_FindsEveryDifference(t *testing.T) {
	t.Parallel()
	version := func(no byte, version int64, seats int) eventra.EventVersion {
		return eventra.EventVersion{ID: eventra.ID{1, no}, Version: version, SeatsTotal: seats}
	}
	details, sales := &listed{}, &listed{}
	for no := range byte(200) { // on several pages: each id has ten more that agree
		for more := range byte(10) {
			same := eventra.EventVersion{ID: eventra.ID{2, no, more}, Version: 1}
			details.events, sales.events = append(details.events, same), append(sales.events, same)
		}
	}
	details.events = append([]eventra.EventVersion{version(1, 3, 5), version(2, 1, 5), version(4, 1, 0), version(5, 2, 7), version(6, 1, 1)}, details.events...)
	sales.events = append([]eventra.EventVersion{version(1, 2, 5), version(3, 1, 0), version(4, 2, 0), version(5, 2, 8), version(6, 1, 1)}, sales.events...)

	for _, dryRun := range []bool{true, false} {
		d, err := catalog.CatchUp(t.Context(), details, sales, dryRun)
		require.NoError(t, err)
		require.Equal(t, 2, d.Later)
		require.Equal(t, []eventra.EventVersion{version(2, 1, 5)}, d.Missing)
		require.Equal(t, []eventra.EventVersion{version(3, 1, 0)}, d.Gone)
		require.Equal(t, []eventra.EventVersion{version(4, 1, 0)}, d.Earlier)
		require.Equal(t, dryRun, len(details.marked) == 0)
	}
	require.Equal(t, []eventra.ID{{1, 1}, {1, 2}, {1, 5}}, details.marked)
}
