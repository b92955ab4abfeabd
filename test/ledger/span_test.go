package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPeak_IsTheMostAtOneMoment(t *testing.T) {
	spans := []span{{at(0), at(10)}, {at(5), at(20)}, {at(10), forever}, {at(15), at(16)}}
	most, when := peak(spans, at(-10), forever)
	require.Equal(t, 3, most)
	require.Equal(t, at(15), when)
	most, _ = peak(spans, at(0), at(5))
	require.Equal(t, 1, most, "before the second")
	most, when = peak(spans, at(6), at(10))
	require.Equal(t, 2, most, "those that are there already")
	require.Equal(t, at(6), when)
	most, _ = peak(nil, at(0), forever)
	require.Zero(t, most)
}
