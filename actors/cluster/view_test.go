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

// TestSharesAreEven: also of ids that differ in a few bits only.
func TestSharesAreEven(t *testing.T) {
	t.Parallel()
	const number = 30_000
	dense := make([]eventra.ID, number)
	for i := range dense {
		binary.BigEndian.PutUint32(dense[i][12:], uint32(i))
	}
	for name, all := range map[string][]eventra.ID{"UUIDs made at once": events(number), "counted": dense} {
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

func TestOnlyTheShareOfWhoCameOrWentMoves(t *testing.T) {
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

func TestAllMembersAgree(t *testing.T) {
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

// TestAgreement: one may begin to serve when all have said that they act by its
// shares, itself among them.
func TestAgreement(t *testing.T) {
	t.Parallel()
	now := newView("member-0", members(3)).shares
	require.NotZero(t, now)
	before := newView("member-0", members(2)).shares
	require.NotEqual(t, before, now)
	const nothing = 0
	for name, c := range map[string]struct {
		said   [3]uint64
		agreed bool
	}{
		"all":                        {[3]uint64{now, now, now}, true},
		"one acts by those before":   {[3]uint64{now, before, now}, false},
		"itself has not said so yet": {[3]uint64{before, now, now}, false},
		"it has said nothing":        {[3]uint64{nothing, now, now}, false},
		"a release that says nothing is not waited for": {[3]uint64{now, nothing, now}, true},
	} {
		all := members(3)
		for i := range all {
			all[i].OwnershipHash = c.said[i]
		}
		require.Equal(t, c.agreed, newView("member-0", all).agreed, name)
	}
	require.False(t, newView("member-0", nil).agreed, "it is no member")
	require.True(t, alone("member-0", "v1").agreed)

	all := members(3)
	all[2].Leaving = true
	require.Equal(t, before, newView("member-2", all).shares, "who owns what is the same with a third that owns nothing")
}

func TestWhoOwnsNothing(t *testing.T) {
	t.Parallel()
	require.Nil(t, newView("x", nil).owner(events(1)[0]), "nobody is there")
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

func TestIsolation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		members  int
		cuts     [][2]int // who does not reach whom
		isolated []string
	}{
		"all reach all":                          {3, nil, nil},
		"one is cut off":                         {3, [][2]int{{2, 0}, {2, 1}, {0, 2}, {1, 2}}, []string{"member-2"}},
		"the oldest is cut off":                  {3, [][2]int{{0, 1}, {0, 2}, {1, 0}, {2, 0}}, []string{"member-0"}},
		"noticed by one side only":               {3, [][2]int{{1, 2}, {0, 2}}, []string{"member-2"}},
		"of two the older goes on":               {2, [][2]int{{0, 1}, {1, 0}}, []string{"member-1"}},
		"two halves: with the oldest":            {4, [][2]int{{0, 2}, {0, 3}, {1, 2}, {1, 3}}, []string{"member-2", "member-3"}},
		"two of three do not reach each other":   {3, [][2]int{{1, 2}}, []string{"member-2"}},
		"nobody reaches anybody":                 {3, [][2]int{{0, 1}, {0, 2}, {1, 2}}, []string{"member-1", "member-2"}},
		"one who is not a member is not reached": {2, [][2]int{{0, 7}}, nil},
		"many members":                           {20, cutFromAll(3, 20), []string{"member-3"}},
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

// TestWhoGoesOnReachesEachOther tries random cuts.
func TestWhoGoesOnReachesEachOther(t *testing.T) {
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
		alone := isolated(all)
		require.Less(t, len(alone), len(all), "somebody goes on")
		for _, m := range all {
			for _, other := range m.Unreachable {
				require.False(t, !alone[m.ID] && !alone[other], "%s and %s go on and do not reach each other", m.ID, other)
			}
		}
	}
}

func BenchmarkOwner(b *testing.B) {
	v, all := newView("", members(5)), events(1024)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v.owner(all[i%len(all)])
	}
}
