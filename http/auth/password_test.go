package auth

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
)

func TestPasswordHasher_Run(t *testing.T) {
	t.Parallel()
	h, err := NewPasswordHasher(bcrypt.MinCost, 1, 1)
	require.NoError(t, err)
	busy, free := make(chan struct{}), make(chan struct{})
	var calls sync.WaitGroup
	calls.Go(func() {
		assert.NoError(t, h.Run(t.Context(), ToLogIn, "a", func() error { close(busy); <-free; return nil }))
	})
	<-busy
	calls.Go(func() { assert.NoError(t, h.Run(t.Context(), ToLogIn, "a", func() error { return nil })) })
	require.Eventually(t, func() bool { return h.turns.queued(ToLogIn) == 1 }, time.Second, time.Millisecond)
	unreached := func() error { t.Error("there is no slot"); return nil }
	require.Equal(t, eventra.CodeOverloaded, eventra.CodeOf(h.Run(t.Context(), ToLogIn, "a", unreached)), "the queue is full")
	close(free)
	calls.Wait()
	require.NoError(t, h.Run(t.Context(), ToLogIn, "a", func() error { return nil }))
}
