package cluster

import (
	"encoding/binary"
	"hash/fnv"
	"math/bits"
	"slices"

	"github.com/eventra/eventra"
)

// view is who the members are and what belongs to whom, at one moment. It is
// never written to once made.
type view struct {
	members  []eventra.Member // the oldest first
	self     string
	owners   []owner
	isolated map[string]bool
	shares   uint64 // a hash of the owners, which is the same wherever they are; never 0
	agreed   bool   // all members act by these shares, so that nobody else serves what is this one's
}

// owner is a member that events may belong to.
type owner struct {
	*eventra.Member
	hash uint64
}

// alone is the view of who has no other members.
func alone(self, version string) *view {
	v := newView(self, []eventra.Member{{ID: self, Version: version}})
	v.members[0].OwnershipHash, v.agreed = v.shares, true
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
			v.shares += o.hash
		}
	}
	v.shares = max(v.shares, 1)
	v.agreed = v.agree()
	return v
}

// agree reports whether all members have said that they act by these shares,
// this one among them: what it has not said yet, others could not heed. A member
// of a release that says nothing is not waited for.
func (v *view) agree() bool {
	said := false
	for i := range v.members {
		if !v.agrees(&v.members[i]) {
			return false
		}
		said = said || v.members[i].ID == v.self
	}
	return said
}

func (v *view) agrees(m *eventra.Member) bool {
	return m.OwnershipHash == v.shares || m.OwnershipHash == 0 && m.ID != v.self
}

// owner returns the member that an event belongs to, by rendezvous hashing
// (Thaler and Ravishankar, 1998): whoever scores highest. When a member comes or
// goes only its own share moves. Nil if there is nobody.
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

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014): without
// one, shares are far from even.
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

// groupMax is up to how many members the best group is searched for: there are
// 2^n groups. In a larger cluster those are isolated whom most do not reach.
const groupMax = 16

// isolated names the members outside of the largest group whose members all
// reach each other; of groups of a size, the one with older members goes on.
// All who see the same rows find the same.
func isolated(members []eventra.Member) map[string]bool {
	n := len(members)
	if !slices.ContainsFunc(members, func(m eventra.Member) bool { return len(m.Unreachable) > 0 }) {
		return nil
	}
	apart := make([]uint64, n) // by member: a bit for each that it is cut off from, either way
	cut := make([]int, n)
	for i := range members {
		for j := range members {
			if slices.Contains(members[i].Unreachable, members[j].ID) || slices.Contains(members[j].Unreachable, members[i].ID) {
				apart[i] |= 1 << (j % 64)
				cut[i]++
			}
		}
	}
	alone := map[string]bool{}
	if n > groupMax {
		for i, m := range members {
			if cut[i] > n/2 {
				alone[m.ID] = true
			}
		}
		return alone
	}
	group := largestGroup(apart)
	for i, m := range members {
		if group>>i&1 == 0 {
			alone[m.ID] = true
		}
	}
	return alone
}

// largestGroup tries every group, as a set of bits of which the lowest are the
// oldest members.
func largestGroup(apart []uint64) (best uint64) {
	for group := uint64(1); group < 1<<len(apart); group++ {
		size := bits.OnesCount64(group)
		if size < bits.OnesCount64(best) || size == bits.OnesCount64(best) && bits.Reverse64(group) < bits.Reverse64(best) {
			continue
		}
		whole := true
		for rest := group; rest != 0 && whole; rest &= rest - 1 {
			whole = apart[bits.TrailingZeros64(rest)]&group == 0
		}
		if whole {
			best = group
		}
	}
	return best
}
