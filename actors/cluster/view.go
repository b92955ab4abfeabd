package cluster

import (
	"encoding/binary"
	"hash/fnv"
	"math/bits"
	"slices"

	"github.com/eventra/eventra"
)

// view is one member's knowledge of all members, and so of who owns what, at one
// moment. It is immutable.
type view struct {
	members       []eventra.Member // the oldest first
	self          string
	owners        []owner
	isolated      map[string]bool
	ownershipHash uint64 // of the owners, whatever their order; never 0
	converged     bool   // all members act by this hash, so no other member serves an event of this one
}

// owner is a member that can own events.
type owner struct {
	*eventra.Member
	hash uint64
}

// alone is the view of a node without other members.
func alone(self, version string) *view {
	v := newView(self, []eventra.Member{{ID: self, Version: version}})
	v.members[0].OwnershipHash, v.converged = v.ownershipHash, true
	return v
}

func newView(self string, members []eventra.Member) *view {
	v := &view{members: members, self: self, isolated: isolated(members)}
	for i := range members {
		if m := &members[i]; !m.Leaving && !v.isolated[m.ID] {
			hash := fnv.New64a()
			hash.Write([]byte(m.ID))
			o := owner{m, mix(hash.Sum64())}
			v.owners = append(v.owners, o)
			v.ownershipHash += o.hash
		}
	}
	v.ownershipHash = max(v.ownershipHash, 1)
	v.converged = v.haveConverged()
	return v
}

// haveConverged reports whether all members have announced this ownership hash,
// this one among them: until it has, the others could not respect it.
func (v *view) haveConverged() bool {
	announced := false
	for i := range v.members {
		if !v.hasConverged(&v.members[i]) {
			return false
		}
		announced = announced || v.members[i].ID == v.self
	}
	return announced
}

// hasConverged is also true of a member whose release announces no hash.
func (v *view) hasConverged(m *eventra.Member) bool {
	return m.OwnershipHash == v.ownershipHash || m.OwnershipHash == 0 && m.ID != v.self
}

// owner returns the member that owns an event, nil if there is none: the member
// with the highest score by rendezvous hashing (Thaler and Ravishankar, 1998).
// When a member comes or goes, only its own share of the events moves.
func (v *view) owner(event eventra.ID) *eventra.Member {
	key := mix(binary.LittleEndian.Uint64(event[:8]) ^ mix(binary.LittleEndian.Uint64(event[8:])))
	var best *eventra.Member
	var highest uint64
	for i := range v.owners {
		if score := mix(v.owners[i].hash ^ key); best == nil || score > highest {
			best, highest = v.owners[i].Member, score
		}
	}
	return best
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014). Without it,
// the members' shares of the events are far from even.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (v *view) owns(event eventra.ID) bool {
	owner := v.owner(event)
	return owner != nil && owner.ID == v.self
}

func (v *view) status(m *eventra.Member) eventra.MemberStatus {
	switch {
	case m.Leaving:
		return eventra.MemberLeaving
	case v.isolated[m.ID]:
		return eventra.MemberIsolated
	}
	return eventra.MemberActive
}

// others are all members but this one.
func (v *view) others() (others []eventra.Member) {
	for _, m := range v.members {
		if m.ID != v.self {
			others = append(others, m)
		}
	}
	return others
}

// cliqueMax is the largest number of members among which the largest clique is
// searched for: there are 2^n groups. In a larger cluster a member is isolated if
// it is cut off from more than half of all members.
const cliqueMax = 16

// isolated names the members outside the largest group whose members all reach
// each other (the maximum clique). Of groups of the same size, the one with the
// older members goes on. All members that see the same rows find the same group.
func isolated(members []eventra.Member) map[string]bool {
	n := len(members)
	if !slices.ContainsFunc(members, func(m eventra.Member) bool { return len(m.Unreachable) > 0 }) {
		return nil
	}
	cut := make([]uint64, n) // by member: a bit for each member that it is cut off from, in either direction
	cuts := make([]int, n)   // by member: the number of these
	for i := range members {
		for j := range members {
			if slices.Contains(members[i].Unreachable, members[j].ID) || slices.Contains(members[j].Unreachable, members[i].ID) {
				cut[i] |= 1 << (j % 64)
				cuts[i]++
			}
		}
	}
	outside := map[string]bool{}
	if n > cliqueMax {
		for i, m := range members {
			if cuts[i] > n/2 {
				outside[m.ID] = true
			}
		}
		return outside
	}
	clique := largestClique(cut)
	for i, m := range members {
		if clique>>i&1 == 0 {
			outside[m.ID] = true
		}
	}
	return outside
}

// largestClique tries every group. A group is a set of bits, the lowest bits for
// the oldest members.
func largestClique(cut []uint64) (best uint64) {
	for group := uint64(1); group < 1<<len(cut); group++ {
		size := bits.OnesCount64(group)
		if size < bits.OnesCount64(best) || size == bits.OnesCount64(best) && bits.Reverse64(group) < bits.Reverse64(best) {
			continue
		}
		connected := true
		for rest := group; rest != 0 && connected; rest &= rest - 1 {
			connected = cut[bits.TrailingZeros64(rest)]&group == 0
		}
		if connected {
			best = group
		}
	}
	return best
}
