// Package load generates load on Eventra and evaluates the recorded operations.
//
// Its generators differ in what their buyers wait for and in what they do:
// ClosedLoop and Mix are closed loops, whose buyers wait for each answer; OpenLoop
// sends at a fixed rate, whatever became of earlier requests; Saturation sends as
// fast as answers come.
package load

import (
	"context"
	"sync"
)

// generator runs goroutines until Stop.
type generator struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func (g *generator) begin() { g.ctx, g.cancel = context.WithCancel(context.Background()) }

// Stop ends the load and waits for the operations under way. It may be called more
// than once.
func (g *generator) Stop() {
	g.cancel()
	g.wg.Wait()
}
