package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoose_MatchesWholeNames(t *testing.T) {
	chosen, err := choose("hold,map.*")
	require.NoError(t, err)
	var names []string
	for _, s := range chosen {
		names = append(names, s.Name)
	}
	require.Equal(t, []string{"hold", "map304", "mapfull"}, names)
	_, err = choose("old")
	require.Error(t, err)
	_, err = choose("(")
	require.Error(t, err)
}

func TestNumbers_ParsesAList(t *testing.T) {
	got, err := numbers("64, 256")
	require.NoError(t, err)
	require.Equal(t, []int{64, 256}, got)
	for _, bad := range []string{"", "0", "64,", "x"} {
		_, err = numbers(bad)
		require.Error(t, err)
	}
}
