package linearizable

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Verdict is the result of judging a part.
type Verdict string

// The verdicts.
const (
	Linearizable Verdict = "linearizable"
	Violated     Verdict = "not linearizable"
	Undecided    Verdict = "not decided" // within the timeout
)

// Judge searches for an order of the part's steps that explains all answers.
func (p *Part) Judge(timeout time.Duration) Verdict {
	switch porcupine.CheckOperationsTimeout(p.model(), p.operations(), timeout) {
	case porcupine.Ok:
		return Linearizable
	case porcupine.Illegal:
		return Violated
	}
	return Undecided
}

// Draw writes porcupine's page, which shows how far the search came.
func (p *Part) Draw(path string, timeout time.Duration) error {
	model := p.model()
	_, info := porcupine.CheckOperationsVerbose(model, p.operations(), timeout)
	return porcupine.VisualizePath(model, info, path)
}

// Name returns the part's event and seats.
func (p *Part) Name() string {
	return fmt.Sprintf("event %s, %s to %s", p.Event, p.seats[0], p.seats[len(p.seats)-1])
}

func (p *Part) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return initial(len(p.attempts)) },
		Step: func(s, input, _ any) (bool, any) {
			next, ok := p.apply(s.(state), input.(*step))
			return ok, next
		},
		DescribeOperation: func(input, _ any) string { return input.(*step).text },
		DescribeState:     func(s any) string { return p.describe(s.(state)) },
	}
}

// describe lists the taken seats.
func (p *Part) describe(s state) string {
	var seats []string
	for n, name := range p.seats {
		for _, c := range p.attemptsOn[n] {
			if p.has(s, c, n) {
				seats = append(seats, fmt.Sprintf("%s %s by %s", name, storedAs(s[c]), abbreviate(p.attempts[c].attempt.booking)))
			}
		}
	}
	return strings.Join(seats, "\n")
}

// operations assigns the steps to as few of porcupine's clients as their times
// allow.
func (p *Part) operations() (operations []porcupine.Operation) {
	slices.SortStableFunc(p.Steps, func(a, b Timed) int { return cmp.Compare(a.Call, b.Call) })
	var busyUntil []int64 // by client
	for _, s := range p.Steps {
		client := slices.IndexFunc(busyUntil, func(until int64) bool { return until < s.Call })
		if client < 0 {
			client = len(busyUntil)
			busyUntil = append(busyUntil, 0)
		}
		busyUntil[client] = s.Return
		operations = append(operations, porcupine.Operation{ClientId: client, Input: s.step, Call: s.Call, Return: s.Return})
	}
	return operations
}
