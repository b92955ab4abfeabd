package postgres

import (
	"context"
	"errors"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// groupCallsMax bounds a round trip: beyond some hundred calls a larger one
// only adds latency.
const groupCallsMax = 256

// group carries calls of one kind out together, as the commits of a sale are:
// those that come while a round trip is under way wait, and share the next. A
// second one beside it would only make both smaller. A call sees everything that was committed before it was made.
type group[Question, Answer any] struct {
	db *DB
	// carry answers questions in their order, within one round trip.
	carry func(context.Context, *pgxpool.Conn, []Question) ([]Answer, error)
	// same, if not nil, is what two questions of one round trip must not share,
	// for they would write one row.
	same func(Question) any

	mu      sync.Mutex
	travels bool // a round trip is under way
	waiting []*groupCall[Question, Answer]
}

type groupCall[Question, Answer any] struct {
	question Question
	answer   Answer
	err      error
	done     chan struct{}
}

// ask answers one question. Who gives up before has no part in what becomes of
// it, as with any call whose answer is lost.
func (g *group[Question, Answer]) ask(ctx context.Context, question Question) (answer Answer, err error) {
	call := &groupCall[Question, Answer]{question: question, done: make(chan struct{})}
	g.join(call)
	select {
	case <-call.done:
		return call.answer, call.err
	case <-ctx.Done():
		return answer, eventra.Unavailable("postgres", ctx.Err())
	}
}

func (g *group[Question, Answer]) join(call *groupCall[Question, Answer]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, call)
	if !g.travels {
		g.travels = true
		go g.travel()
	}
}

// travel goes as long as somebody waits.
func (g *group[Question, Answer]) travel() {
	for calls := g.next(); calls != nil; calls = g.next() {
		g.trip(calls)
	}
}

// next takes those who may share a round trip; nil ends the travel.
func (g *group[Question, Answer]) next() (calls []*groupCall[Question, Answer]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	taken := map[any]bool{}
	left := g.waiting[:0]
	for _, call := range g.waiting {
		alike := g.same != nil && taken[g.same(call.question)]
		if alike || len(calls) == groupCallsMax {
			left = append(left, call)
			continue
		}
		if g.same != nil {
			taken[g.same(call.question)] = true
		}
		calls = append(calls, call)
	}
	clear(g.waiting[len(left):])
	g.waiting = left
	g.travels = calls != nil
	return calls
}

// trip carries calls out. What is wrong with one of them is not the others'
// fault: then each goes alone.
func (g *group[Question, Answer]) trip(calls []*groupCall[Question, Answer]) {
	questions := make([]Question, len(calls))
	for i, call := range calls {
		questions[i] = call.question
	}
	var answers []Answer
	err := g.db.do(context.Background(), callTimeout, func(ctx context.Context, conn *pgxpool.Conn) (err error) {
		answers, err = g.carry(ctx, conn, questions)
		return err
	})
	if err != nil && len(calls) > 1 && !isUnavailable(err) {
		for _, call := range calls {
			g.trip([]*groupCall[Question, Answer]{call})
		}
		return
	}
	for i, call := range calls {
		if call.err = err; err == nil {
			call.answer = answers[i]
		}
		close(call.done)
	}
}

func isUnavailable(err error) bool {
	var domain *eventra.Error
	return errors.As(err, &domain) && domain.Code == eventra.CodeUnavailable
}
