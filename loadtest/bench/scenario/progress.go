package scenario

import (
	"fmt"
	"io"
	"time"
)

// progress tells how far a scenario is, before each of its runs.
type progress struct {
	out      io.Writer // nil: nobody is told
	scenario string
	of, done int // runs
	started  time.Time
	last     string // the result of the last run
}

func (p *progress) begin(variant string) {
	if p.out == nil {
		return
	}
	left := ""
	if p.done > 0 {
		each := time.Since(p.started) / time.Duration(p.done)
		left = fmt.Sprintf(", about %.0f s left", (each * time.Duration(p.of-p.done)).Seconds())
	}
	fmt.Fprintf(p.out, "%s: run %d of %d, %s%s%s\n", p.scenario, p.done+1, p.of, variant, left, p.last)
}

func (p *progress) end(perSecond float64, what string) {
	p.done++
	p.last = fmt.Sprintf("; the last had %.0f/s %s", perSecond, what)
}
