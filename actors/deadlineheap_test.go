package actors

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/eventra/eventra"
)

// TestDeadlineHeap_PopsTheEarliest compares the heap with a list that is sorted
// before each pop.
func TestDeadlineHeap_PopsTheEarliest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var heap deadlineHeap
		var model []time.Time
		for _, at := range rapid.SliceOfN(rapid.IntRange(-1, 20), 1, 200).Draw(t, "a deadline, or -1 to take the earliest") {
			if at >= 0 {
				due := time.Unix(int64(at), 0)
				heap.push(newDeadline(eventra.ID{}, due))
				model = append(model, due)
				continue
			}
			if len(model) > 0 {
				slices.SortFunc(model, time.Time.Compare)
				earliest := heap.pop()
				require.Equal(t, model[0], earliest.time())
				model = model[1:]
			}
		}
		require.Len(t, heap, len(model))
	})
}
