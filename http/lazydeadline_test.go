package http

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLazyDeadline_IsLikeTheLibrarysOwn(t *testing.T) {
	t.Parallel()
	future, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)

	t.Run("before its end", func(t *testing.T) {
		t.Parallel()
		ctx := &lazyDeadline{deadline: future}
		deadline, ok := ctx.Deadline()
		require.True(t, ok)
		require.Equal(t, future, deadline)
		require.NoError(t, ctx.Err())
		select {
		case <-ctx.Done():
			t.Fatal("it has ended")
		default:
		}
		require.NoError(t, ctx.Err())
		require.Nil(t, ctx.Value("any"))
		ctx.end()
	})
	t.Run("after its deadline", func(t *testing.T) {
		t.Parallel()
		ctx := &lazyDeadline{deadline: past}
		require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded, "nobody has waited for it")
		<-ctx.Done()
		require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
	})
	t.Run("ended while somebody waits", func(t *testing.T) {
		t.Parallel()
		ctx := &lazyDeadline{deadline: future}
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		ctx.end()
		<-child.Done()
		<-ctx.Done()
		require.ErrorIs(t, child.Err(), context.Canceled)
		require.ErrorIs(t, ctx.Err(), context.Canceled)
	})
	t.Run("ended before somebody waits", func(t *testing.T) {
		t.Parallel()
		ctx := &lazyDeadline{deadline: future}
		ctx.end()
		require.ErrorIs(t, ctx.Err(), context.Canceled)
		<-ctx.Done()
		require.ErrorIs(t, ctx.Err(), context.Canceled)
	})
	t.Run("postponed", func(t *testing.T) {
		t.Parallel()
		ctx := &lazyDeadline{deadline: past}
		<-ctx.Done()
		ctx.postpone(future)
		require.NoError(t, ctx.Err())
		select {
		case <-ctx.Done():
			t.Fatal("it has ended")
		default:
		}
		ctx.end()
		<-ctx.Done()
		require.ErrorIs(t, ctx.Err(), context.Canceled)
	})
}
