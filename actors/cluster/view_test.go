package cluster

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func members(n int) (all []eventra.Member) {
	for i := range n {
		all = append(all, eventra.Member{ID: fmt.Sprintf("member-%d", i)})
	}
	return all
}

func events(n int) (all []eventra.ID) {
	for range n {
		all = append(all, eventra.ID(uuid.Must(uuid.NewV7())))
	}
	return all
}

// Ids that differ in a few bits only are spread as evenly as others.
func TestView_OwnerSpreadsEventsEvenly(t *testing.T) {
	t.Parallel()
	const number = 30_000
	dense := make([]eventra.ID, number)
	for i := range dense {
		binary.BigEndian.PutUint32(dense[i][12:], uint32(i))
	}
	for name, all := range map[string][]eventra.ID{"UUIDs made at once": events(number), "numbers": dense} {
		for _, n := range []int{2, 3, 5, 8} {
			v, share := newView("", members(n)), map[string]int{}
			for _, event := range all {
				share[v.owner(event).ID]++
			}
			for id, count := range share {
				require.InEpsilon(t, number/n, count, 0.06, "%s, %d members: %s", name, n, id)
			}
		}
	}
}

func TestView_OwnerMovesOnlyTheShareOfTheMemberThatLeft(t *testing.T) {
	t.Parallel()
	all := members(5)
	before, after := newView("", all), newView("", all[:4])
	moved := 0
	for _, event := range events(10_000) {
		old, now := before.owner(event).ID, after.owner(event).ID
		if old != now {
			require.Equal(t, all[4].ID, old)
			moved++
		}
	}
	require.InEpsilon(t, 2000, moved, 0.1)
}

func TestView_OwnsIsTrueOfOneMember(t *testing.T) {
	t.Parallel()
	all := members(4)
	for _, event := range events(1000) {
		owners := 0
		for _, m := range all {
			if newView(m.ID, all).owns(event) {
				owners++
			}
		}
		require.Equal(t, 1, owners)
	}
}

// A member may begin to serve when all have announced its ownership hash, itself
// among them.
func TestView_Converged(t *testing.T) {
	t.Parallel()
	now := newView("member-0", members(3)).ownershipHash
	require.NotZero(t, now)
	before := newView("member-0", members(2)).ownershipHash
	require.NotEqual(t, before, now)
	const nothing = 0
	for name, c := range map[string]struct {
		announced [3]uint64
		converged bool
	}{
		"all":                                     {[3]uint64{now, now, now}, true},
		"one acts by the hash before":             {[3]uint64{now, before, now}, false},
		"it has not announced it itself yet":      {[3]uint64{before, now, now}, false},
		"it has announced nothing itself":         {[3]uint64{nothing, now, now}, false},
		"another one's release announces nothing": {[3]uint64{now, nothing, now}, true},
	} {
		all := members(3)
		for i := range all {
			all[i].OwnershipHash = c.announced[i]
		}
		require.Equal(t, c.converged, newView("member-0", all).converged, name)
	}
	require.False(t, newView("member-0", nil).converged, "it is no member")
	require.True(t, alone("member-0", "v1").converged)

	all := members(3)
	all[2].Leaving = true
	require.Equal(t, before, newView("member-2", all).ownershipHash, "a third member that owns nothing does not change the owners")
}

func TestView_OwnerIsNeitherLeavingNorIsolated(t *testing.T) {
	t.Parallel()
	require.Nil(t, newView("x", nil).owner(events(1)[0]), "there are no members")
	all := members(3)
	all[1].Leaving = true
	all[2].Unreachable = []string{all[0].ID}
	v := newView(all[0].ID, all)
	require.Equal(t, []eventra.MemberStatus{eventra.MemberActive, eventra.MemberLeaving, eventra.MemberIsolated},
		[]eventra.MemberStatus{v.status(&all[0]), v.status(&all[1]), v.status(&all[2])})
	for _, event := range events(100) {
		require.True(t, v.owns(event))
	}
}

func TestIsolated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		members  int
		cuts     [][2]int // the first does not reach the second
		isolated []string
	}{
		"all members reach each other":                   {3, nil, nil},
		"one is cut off":                                 {3, [][2]int{{2, 0}, {2, 1}, {0, 2}, {1, 2}}, []string{"member-2"}},
		"the oldest is cut off":                          {3, [][2]int{{0, 1}, {0, 2}, {1, 0}, {2, 0}}, []string{"member-0"}},
		"detected by one side only":                      {3, [][2]int{{1, 2}, {0, 2}}, []string{"member-2"}},
		"of two, the older goes on":                      {2, [][2]int{{0, 1}, {1, 0}}, []string{"member-1"}},
		"of two halves, the one with the oldest goes on": {4, [][2]int{{0, 2}, {0, 3}, {1, 2}, {1, 3}}, []string{"member-2", "member-3"}},
		"two of three do not reach each other":           {3, [][2]int{{1, 2}}, []string{"member-2"}},
		"no member reaches another":                      {3, [][2]int{{0, 1}, {0, 2}, {1, 2}}, []string{"member-1", "member-2"}},
		"an id that is no member":                        {2, [][2]int{{0, 7}}, nil},
		"many members":                                   {20, cutFromAll(3, 20), []string{"member-3"}},
	} {
		t.Run(name, func(t *testing.T) {
			all := members(c.members)
			for _, cut := range c.cuts {
				all[cut[0]].Unreachable = append(all[cut[0]].Unreachable, fmt.Sprintf("member-%d", cut[1]))
			}
			var found []string
			for id, is := range isolated(all) {
				if is {
					found = append(found, id)
				}
			}
			slices.Sort(found)
			require.Equal(t, c.isolated, found)
		})
	}
}

func cutFromAll(one, n int) (cuts [][2]int) {
	for other := range n {
		if other != one {
			cuts = append(cuts, [2]int{one, other})
		}
	}
	return cuts
}

// It tries random cuts.
func TestIsolated_LeavesMembersThatReachEachOther(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		all := members(1 + r.IntN(7))
		for i := range all {
			for j := range all {
				if i != j && r.IntN(4) == 0 {
					all[i].Unreachable = append(all[i].Unreachable, all[j].ID)
				}
			}
		}
		outside := isolated(all)
		require.Less(t, len(outside), len(all), "some member goes on")
		for _, m := range all {
			for _, other := range m.Unreachable {
				require.False(t, !outside[m.ID] && !outside[other], "%s and %s go on and do not reach each other", m.ID, other)
			}
		}
	}
}

func BenchmarkView_Owner(b *testing.B) {
	v, all := newView("", members(5)), events(1024)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v.owner(all[i%len(all)])
	}
}
