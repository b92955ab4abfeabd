package linearizable

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Verdict is what can be said of a part.
type Verdict string

// The verdicts.
const (
	Linearizable Verdict = "linearizable"
	Violated     Verdict = "not linearizable"
	Undecided    Verdict = "not decided" // within the time
)

// Judge searches for an order of the part's steps that explains all answers.
func (p *Part) Judge(within time.Duration) Verdict {
	switch porcupine.CheckOperationsTimeout(p.model(), p.operations(), within) {
	case porcupine.Ok:
		return Linearizable
	case porcupine.Illegal:
		return Violated
	}
	return Undecided
}

// Draw writes the part as a page that shows how far the search came.
func (p *Part) Draw(path string, within time.Duration) error {
	model := p.model()
	_, info := porcupine.CheckOperationsVerbose(model, p.operations(), within)
	return porcupine.VisualizePath(model, info, path)
}

// Name tells which part it is.
func (p *Part) Name() string {
	return fmt.Sprintf("event %s, %s to %s", p.Event, p.seats[0], p.seats[len(p.seats)-1])
}

func (p *Part) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return initial(len(p.claims)) },
		Step: func(s, input, _ any) (bool, any) {
			next, ok := p.apply(s.(state), input.(*step))
			return ok, next
		},
		DescribeOperation: func(input, _ any) string { return input.(*step).text },
		DescribeState:     func(s any) string { return p.describe(s.(state)) },
	}
}

// describe tells who has which seat.
func (p *Part) describe(s state) string {
	var seats []string
	for n, name := range p.seats {
		for _, c := range p.wanted[n] {
			if live(s[c]) {
				seats = append(seats, fmt.Sprintf("%s %s by %s", name, storedAs(s[c]), short(p.claims[c].claim.booking)))
			}
		}
	}
	return strings.Join(seats, "\n")
}

// operations puts the steps on as few lines as their times allow.
func (p *Part) operations() (operations []porcupine.Operation) {
	slices.SortStableFunc(p.Steps, func(a, b Timed) int { return cmp.Compare(a.Call, b.Call) })
	var busyUntil []int64
	for _, s := range p.Steps {
		line := slices.IndexFunc(busyUntil, func(until int64) bool { return until < s.Call })
		if line < 0 {
			line = len(busyUntil)
			busyUntil = append(busyUntil, 0)
		}
		busyUntil[line] = s.Return
		operations = append(operations, porcupine.Operation{ClientId: line, Input: s.step, Call: s.Call, Return: s.Return})
	}
	return operations
}
