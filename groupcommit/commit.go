package groupcommit

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// CommitTimeout ends the wait for a commit, whose outcome then is unknown. It is
// shorter than a request's deadline, so that there is time to try again.
const CommitTimeout = 3 * time.Second

// pipeline is the steps that a merged batch goes through.
type pipeline struct {
	Config
	releases *releases
	alone    alone
}

// process locks, commits and completes. Batches that stood in each other's way
// go on alone.
func (p *pipeline) process(m merged) {
	ctx, span := p.beginBatch(m)
	p.lock(ctx, m)
	split := p.commit(ctx, m)
	endBatch(span, m, split)
	if split {
		p.commitEach(m)
		return
	}
	p.complete(m)
}

// commit commits everything uncontended in one transaction. It reports whether
// the batches have to be split instead.
func (p *pipeline) commit(ctx context.Context, m merged) (split bool) {
	batches, sending := make([]*eventra.Batch, 0, len(m)), make(merged, 0, len(m))
	for _, b := range m {
		if batch := b.uncontended(); len(batch.Changes) > 0 {
			batches, sending = append(batches, batch), append(sending, b)
		}
	}
	if len(batches) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, CommitTimeout)
	defer cancel()
	ctx, span := p.beginStep(ctx, "commit")
	sent := p.Runtime.Now()
	receipts, err := p.Store.CommitTogether(ctx, batches)
	received := p.Runtime.Now()
	endStep(span, err)
	p.Metrics.Committed(batches, received.Sub(sent), err)
	if errors.Is(err, eventra.ErrSplitBatch) {
		return true
	}
	for i, b := range sending {
		var receipt eventra.Receipt
		if err == nil {
			receipt = receipts[i]
		}
		b.setOutcome(sent, received, receipt, err)
	}
	return false
}

// commitAlone commits a batch that could not be committed with others.
func (p *pipeline) commitAlone(b *Batch) {
	batch := b.uncontended()
	if len(batch.Changes) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), CommitTimeout)
	defer cancel()
	ctx, span := p.beginAlone(ctx, b)
	sent := p.Runtime.Now()
	receipt, err := p.Store.Commit(ctx, batch)
	received := p.Runtime.Now()
	endStep(span, err)
	b.setOutcome(sent, received, receipt, err)
	p.Metrics.Committed([]*eventra.Batch{batch}, received.Sub(sent), err)
}

// complete tells the callers. Releases are read off the batches before that,
// because from then on the changes belong to the callers.
func (p *pipeline) complete(m merged) {
	p.releases.enqueue(m)
	for _, b := range m {
		close(b.done)
		b.completed()
	}
}
