package cluster

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/require"
)

// answerTwice answers each number with it and with its negative, and nothing else.
func answerTwice(ctx actor.Context) {
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

func TestSharedFuture_GivesEachQuestionItsOwnAnswer(t *testing.T) {
	t.Parallel()
	system := newSystem(t)
	f := newSharedFuture(system)
	pid := system.Root.Spawn(actor.PropsFromFunc(answerTwice))
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

func TestSharedFuture_FailsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	system := newSystem(t)
	f := newSharedFuture(system)
	pid := system.Root.Spawn(actor.PropsFromFunc(answerTwice))
	_, err := f.ask(pid, "it does not answer this", time.Millisecond)
	require.ErrorIs(t, err, ErrTimeout)
	require.NoError(t, system.Root.StopFuture(pid).Wait())
	_, err = f.ask(pid, 1, time.Minute)
	require.ErrorIs(t, err, ErrMoved, "the actor has stopped")
	require.Zero(t, f.open())
}

// BenchmarkSharedFuture measures a question to an actor of this process and its answer.
func BenchmarkSharedFuture(b *testing.B) {
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
