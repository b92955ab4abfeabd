package fault

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASeedIsAPlan(t *testing.T) {
	one, again := Plan(7, 3*time.Minute, 3, true), Plan(7, 3*time.Minute, 3, true)
	require.Equal(t, len(one), len(again))
	for i := range one {
		require.Equal(t, one[i].Name, again[i].Name)
		require.Equal(t, one[i].At, again[i].At)
		require.Equal(t, one[i].Victim, again[i].Victim)
	}
	require.NotEqual(t, one[0].At+one[1].At, Plan(8, 3*time.Minute, 3, true)[0].At)
}

func TestEveryKindHasItsTurn(t *testing.T) {
	counts := map[string]int{}
	for seed := range uint64(20) {
		for _, p := range Plan(seed, 3*time.Minute, 3, true) {
			counts[p.Name]++
			require.NotEqual(t, p.Victim, p.Other)
			require.LessOrEqual(t, p.At+p.For, 3*time.Minute)
		}
	}
	for _, kind := range Kinds {
		require.GreaterOrEqual(t, counts[kind.Name], 20, kind.Name)
	}
}

func TestWithoutNamespacesNothingIsPartitioned(t *testing.T) {
	for _, p := range Plan(1, 10*time.Minute, 3, false) {
		require.NotEqual(t, "partition", p.Name)
		require.NotEqual(t, "split", p.Name)
	}
}
