package cluster

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/require"
)

// parrot says what it hears, twice; it keeps silent about nothing.
func parrot(ctx actor.Context) {
	if n, ok := ctx.Message().(int); ok {
		ctx.Respond(n)
		ctx.Respond(-n)
	}
}

func (f *sharedFuture) open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waiting)
}

func newSystem(t testing.TB) *actor.ActorSystem {
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	t.Cleanup(system.Shutdown)
	return system
}

func TestEachQuestionGetsItsOwnAnswer(t *testing.T) {
	t.Parallel()
	system := newSystem(t)
	f := newSharedFuture(system)
	pid := system.Root.Spawn(actor.PropsFromFunc(parrot))
	var all sync.WaitGroup
	for n := range 64 {
		all.Go(func() {
			for i := range 200 {
				asked := 1 + 1000*n + i
				answer, err := f.ask(pid, asked, time.Minute)
				if err != nil || answer != asked {
					t.Errorf("asked %d: %v, %v", asked, answer, err)
				}
			}
		})
	}
	all.Wait()
	require.Zero(t, f.open())
}

func TestQuestionsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	system := newSystem(t)
	f := newSharedFuture(system)
	pid := system.Root.Spawn(actor.PropsFromFunc(parrot))
	_, err := f.ask(pid, "what it does not know", time.Millisecond)
	require.ErrorIs(t, err, ErrTimeout)
	require.NoError(t, system.Root.StopFuture(pid).Wait())
	_, err = f.ask(pid, 1, time.Minute)
	require.ErrorIs(t, err, ErrMoved, "nobody is there")
	require.Zero(t, f.open())
}

// BenchmarkAsk is a question to an actor of this process and its answer.
func BenchmarkAsk(b *testing.B) {
	system := newSystem(b)
	pid := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if _, ok := ctx.Message().(*int); ok {
			ctx.Respond(ctx.Message())
		}
	}))
	question := new(int)
	b.Run("shared future", func(b *testing.B) {
		f := newSharedFuture(system)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = f.ask(pid, question, time.Second)
		}
	})
	b.Run("future each", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = system.Root.RequestFuture(pid, question, time.Second).Result()
		}
	})
}
