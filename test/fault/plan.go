package fault

import (
	"math/rand/v2"
	"time"
)

// Planned is a fault to come.
type Planned struct {
	*Kind
	At     time.Duration // after the start
	For    time.Duration
	Victim int
	Other  int    // another instance
	Store  string // whose wire it is
	Delay  time.Duration
}

const (
	// firstAfter lets the load begin.
	firstAfter = 2 * time.Second
	// overlapping is the share of faults that begin during the one before.
	overlapping = 0.3
	overlapMax  = 2 * time.Second
	pauseMax    = 3 * time.Second
)

// Plan chooses faults by a seed until a time is over. Kinds come as from a pack
// of cards, so that each has come as often as any other, or once more.
func Plan(seed uint64, within time.Duration, instances int, lab bool) (plan []Planned) {
	dice := rand.New(rand.NewPCG(seed, 0xfa017))
	var deck []*Kind
	for at := firstAfter; ; {
		if len(deck) == 0 {
			for _, kind := range Kinds {
				if lab || !kind.lab {
					deck = append(deck, kind)
				}
			}
			dice.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		p := Planned{Kind: deck[0], At: at, Victim: dice.IntN(instances), Store: Stores[dice.IntN(len(Stores))]}
		deck = deck[1:]
		p.For = p.min + time.Duration(dice.Int64N(int64(p.max-p.min)+1))
		p.Other = (p.Victim + 1 + dice.IntN(instances-1)) % instances
		p.Delay = 5*time.Millisecond + time.Duration(dice.Int64N(int64(95*time.Millisecond)))
		if at+p.For+p.takes > within {
			return plan
		}
		plan = append(plan, p)
		if dice.Float64() < overlapping {
			at += time.Duration(dice.Int64N(int64(overlapMax)))
			continue
		}
		at += p.For + p.takes + time.Duration(dice.Int64N(int64(pauseMax)))
	}
}
