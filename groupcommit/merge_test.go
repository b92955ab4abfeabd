package groupcommit

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	type waiting struct {
		event   byte
		changes int
	}
	for name, test := range map[string]struct {
		waiting    []waiting
		next, left string
	}{
		"one":                                    {[]waiting{{'a', 1}}, "[a1]", "[]"},
		"different events":                       {[]waiting{{'a', 1}, {'b', 2}, {'c', 3}}, "[a1 b2 c3]", "[]"},
		"a second batch of an event waits":       {[]waiting{{'a', 1}, {'b', 1}, {'a', 2}, {'c', 1}}, "[a1 b1 c1]", "[a2]"},
		"as many changes as fit":                 {[]waiting{{'a', 510}, {'b', 2}, {'c', 1}}, "[a510 b2]", "[c1]"},
		"no batch overtakes one that is too big": {[]waiting{{'a', 300}, {'b', 300}, {'c', 1}}, "[a300]", "[b300 c1]"},
		"a full one goes alone":                  {[]waiting{{'a', mergedChangesMax}, {'b', 1}}, "[a512]", "[b1]"},
		"the first goes, however big":            {[]waiting{{'a', mergedChangesMax + 1}, {'b', 1}}, "[a513]", "[b1]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []*Batch
			for _, w := range test.waiting {
				all = append(all, newBatch(w.event, holds(w.changes)...))
			}
			words := func(batches []*Batch) string {
				said := []string{}
				for _, b := range batches {
					said = append(said, fmt.Sprintf("%c%d", b.EventID[0], b.Len()))
				}
				return fmt.Sprint(said)
			}
			next, left := merge(all)
			require.Equal(t, test.next, words(next))
			require.Equal(t, test.left, words(left))
			for _, b := range all[len(left):] {
				require.Nil(t, b, "nothing keeps a batch that has left")
			}
		})
	}
}

func TestMerge_ABlockingOfManySeatsGoesAlone(t *testing.T) {
	t.Parallel()
	house := newBatch('b')
	house.Add(&eventra.Change{Kind: eventra.Blocked, Blocking: &eventra.Blocking{}, Seats: make([]eventra.SeatNo, mergedChangesMax+1)})
	next, left := merge([]*Batch{newBatch('a', holds(1)...), house, newBatch('c', holds(1)...)})
	require.Len(t, next, 1)
	next, left = merge(left)
	require.Equal(t, merged{house}, next)
	require.Len(t, left, 1)
}
