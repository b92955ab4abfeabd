package fault

import (
	"math/rand/v2"
	"time"
)

// Planned is a fault to inject. Which of the parameters it uses depends on its
// kind.
type Planned struct {
	*Kind
	At     time.Duration // from the start of the run
	For    time.Duration
	Victim int           // index of an instance
	Other  int           // index of another instance
	Store  string        // one of Stores
	Delay  time.Duration // added to connections
}

const (
	// firstAfter lets the load begin.
	firstAfter = 2 * time.Second
	// overlapShare is the share of faults that begin before the previous one ends.
	overlapShare = 0.3
	overlapMax   = 2 * time.Second
	pauseMax     = 3 * time.Second
)

// Plan chooses faults by a seed, to end within a duration. It shuffles all kinds and
// uses them up before it shuffles again, so that all are about equally frequent.
func Plan(seed uint64, duration time.Duration, instances int, namespaces bool) (plan []Planned) {
	random := rand.New(rand.NewPCG(seed, 0xfa017))
	var kinds []*Kind
	for at := firstAfter; ; {
		if len(kinds) == 0 {
			for _, kind := range Kinds {
				if namespaces || !kind.namespaces {
					kinds = append(kinds, kind)
				}
			}
			random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
		}
		p := Planned{Kind: kinds[0], At: at, Victim: random.IntN(instances), Store: Stores[random.IntN(len(Stores))]}
		kinds = kinds[1:]
		p.For = p.min + time.Duration(random.Int64N(int64(p.max-p.min)+1))
		p.Other = (p.Victim + 1 + random.IntN(instances-1)) % instances
		p.Delay = 5*time.Millisecond + time.Duration(random.Int64N(int64(95*time.Millisecond)))
		if at+p.For+p.recovery > duration {
			return plan
		}
		plan = append(plan, p)
		if random.Float64() < overlapShare {
			at += time.Duration(random.Int64N(int64(overlapMax)))
			continue
		}
		at += p.For + p.recovery + time.Duration(random.Int64N(int64(pauseMax)))
	}
}
