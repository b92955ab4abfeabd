package auth

import (
	"context"
	"slices"
	"sync"

	"github.com/eventra/eventra"
)

// Purpose is what a password is hashed for. Each purpose has a queue of its own.
type Purpose uint8

const (
	// ToLogIn compares a password.
	ToLogIn Purpose = iota
	// ToRegister stores one.
	ToRegister
	purposes
)

// registrationShare is how many turns there are for each one of a registration while log-ins
// wait, too.
const registrationShare = 4

// turns lets few callers work at a time, and the others wait for their turns. A turn goes to
// the network address that used and asks for the least, so that however many requests some
// addresses send, another one waits for few of them. When a queue is full, a caller takes
// the place of one whose address asks for more, or is refused.
type turns struct {
	mu      sync.Mutex
	free    int // slots
	waiting [purposes][]*turn
	sites   [purposes]map[string]*site // that have waiting callers
	most    int                        // waiting callers of a purpose
	given   int                        // turns, while both purposes waited
	uses    usage
}

type turn struct {
	by    *site
	taken chan bool // true: the slot is the caller's; false: another took the place in the queue
}

// site is a network address with waiting callers.
type site struct {
	address string
	had     int // turns of late
	waiting int
}

// demand is what the address had of late and still asks for.
func (s *site) demand() int { return s.had + s.waiting }

func byDemand(a, b *turn) int { return a.by.demand() - b.by.demand() }

func newTurns(slots, most int) *turns {
	return &turns{free: slots, most: most, uses: newUsage(), sites: [purposes]map[string]*site{{}, {}}}
}

func errBusy() error {
	return eventra.Errorf(eventra.CodeOverloaded, "too many people are signing in right now")
}

// take waits for a turn until ctx ends. Each successful take needs one [turns.give].
func (t *turns) take(ctx context.Context, purpose Purpose, from string) error {
	mine, err := t.enter(purpose, from)
	if err != nil {
		return err
	}
	select {
	case taken := <-mine.taken:
		if !taken {
			return errBusy()
		}
		return nil
	case <-ctx.Done():
		t.leave(purpose, mine)
		return errBusy()
	}
}

func (t *turns) enter(purpose Purpose, from string) (*turn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	by := t.sites[purpose][from]
	if by == nil {
		by = &site{address: from, had: t.uses.of(from)}
	}
	mine := &turn{by, make(chan bool, 1)}
	if t.free > 0 { // then nobody waits
		t.free--
		t.grant(mine)
		return mine, nil
	}
	if len(t.waiting[purpose]) >= t.most && !t.displace(purpose, by) {
		return nil, errBusy()
	}
	by.waiting++
	t.sites[purpose][from] = by
	t.waiting[purpose] = append(t.waiting[purpose], mine)
	return mine, nil
}

// grant gives a slot that is not free to a caller.
func (t *turns) grant(to *turn) {
	to.by.had++
	t.uses.add(to.by.address)
	to.taken <- true
}

// displace takes the last caller from the address that asks for the most out of a queue, if
// it asks for more than a newcomer.
func (t *turns) displace(purpose Purpose, newcomer *site) bool {
	greedy := slices.MaxFunc(t.waiting[purpose], byDemand).by
	if greedy.demand() <= newcomer.demand()+1 {
		return false
	}
	for i, w := range slices.Backward(t.waiting[purpose]) {
		if w.by == greedy {
			t.remove(purpose, i)
			w.taken <- false
			break
		}
	}
	return true
}

// remove takes a caller out of a queue.
func (t *turns) remove(purpose Purpose, i int) *turn {
	w := t.waiting[purpose][i]
	t.waiting[purpose] = slices.Delete(t.waiting[purpose], i, i+1)
	if w.by.waiting--; w.by.waiting == 0 {
		delete(t.sites[purpose], w.by.address)
	}
	return w
}

// give passes a slot on, or back.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	purpose := t.nextPurpose()
	if len(t.waiting[purpose]) == 0 {
		t.free++
		return
	}
	next := slices.MinFunc(t.waiting[purpose], byDemand)
	t.grant(t.remove(purpose, slices.Index(t.waiting[purpose], next)))
}

func (t *turns) nextPurpose() Purpose {
	switch {
	case len(t.waiting[ToRegister]) == 0:
		return ToLogIn
	case len(t.waiting[ToLogIn]) == 0:
		return ToRegister
	}
	if t.given++; t.given%registrationShare == 0 {
		return ToRegister
	}
	return ToLogIn
}

// leave ends a wait. A turn that came at the same moment goes to the next caller.
func (t *turns) leave(purpose Purpose, mine *turn) {
	t.mu.Lock()
	i := slices.Index(t.waiting[purpose], mine)
	if i >= 0 {
		t.remove(purpose, i)
	}
	t.mu.Unlock()
	if i < 0 && <-mine.taken {
		t.give()
	}
}
