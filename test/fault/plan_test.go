package fault

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlan_IsDeterminedByItsSeed(t *testing.T) {
	names := func(seed uint64) (names []string) {
		for _, p := range Plan(seed, 3*time.Minute, 3, true) {
			names = append(names, fmt.Sprint(p.Name, p.At, p.For, p.Victim, p.Other, p.Store, p.Delay))
		}
		return names
	}
	seven := names(7)
	require.Equal(t, seven, names(7))
	require.NotEqual(t, seven, names(8))
}

func TestPlan_UsesEveryKind(t *testing.T) {
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

func TestPlan_WithoutNamespacesPartitionsNothing(t *testing.T) {
	for _, p := range Plan(1, 10*time.Minute, 3, false) {
		require.NotEqual(t, "partition", p.Name)
		require.NotEqual(t, "split", p.Name)
	}
}
