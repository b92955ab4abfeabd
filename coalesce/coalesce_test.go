package coalesce_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/coalesce"
)

// backend doubles numbers. It keeps the requests of each round trip, whose
// first one waits for open.
type backend struct {
	open  chan struct{}
	fault func([]int) error

	mu    sync.Mutex
	trips [][]int
}

func newBackend() *backend {
	return &backend{open: make(chan struct{}), fault: func([]int) error { return nil }}
}

func (b *backend) send(requests []int) ([]int, error) {
	<-b.open
	b.mu.Lock()
	b.trips = append(b.trips, slices.Sorted(slices.Values(requests)))
	b.mu.Unlock()
	if err := b.fault(requests); err != nil {
		return nil, err
	}
	doubled := make([]int, len(requests))
	for i, r := range requests {
		doubled[i] = 2 * r
	}
	return doubled, nil
}

// callAll makes the first call and, while its round trip is under way, the others.
func (b *backend) callAll(t *testing.T, group *coalesce.Group[int, int], first int, others ...int) map[int]error {
	t.Helper()
	var mu sync.Mutex
	var calls sync.WaitGroup
	errs := map[int]error{}
	call := func(request int) {
		response, err := group.Call(t.Context(), request)
		if err == nil && response != 2*request {
			t.Errorf("%d was answered by %d", request, response)
		}
		mu.Lock()
		defer mu.Unlock()
		errs[request] = errors.Join(errs[request], err)
	}
	calls.Go(func() { call(first) })
	synctest.Wait()
	for _, request := range others {
		calls.Go(func() { call(request) })
	}
	synctest.Wait()
	close(b.open)
	calls.Wait()
	return errs
}

// numbers are n numbers from first on.
func numbers(first, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = first + i
	}
	return all
}

func TestGroup_Call(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*testing.T){
		"shares the round trip after the one under way": func(t *testing.T) {
			b := newBackend()
			b.callAll(t, &coalesce.Group[int, int]{Send: b.send}, 1, 2, 3, 4)
			require.Equal(t, [][]int{{1}, {2, 3, 4}}, b.trips)
		},
		"shares no round trip with its own key": func(t *testing.T) {
			b := newBackend()
			group := &coalesce.Group[int, int]{Send: b.send, Key: func(r int) any { return r % 10 }}
			b.callAll(t, group, 1, 2, 3, 12)
			require.Len(t, b.trips, 3)
			require.Len(t, b.trips[1], 2)
			require.Len(t, b.trips[2], 1)
			require.Equal(t, 2, b.trips[2][0]%10)
		},
		"sends at most 256 requests at once": func(t *testing.T) {
			b := newBackend()
			b.callAll(t, &coalesce.Group[int, int]{Send: b.send}, 1, numbers(2, 300)...)
			require.Len(t, b.trips, 3)
			require.Len(t, b.trips[1], 256)
		},
		"fails alone": func(t *testing.T) {
			b, fault := newBackend(), errors.New("odd")
			b.fault = func(requests []int) error {
				if slices.Contains(requests, 3) {
					return fault
				}
				return nil
			}
			errs := b.callAll(t, &coalesce.Group[int, int]{Send: b.send}, 1, 2, 3)
			require.NoError(t, errs[2])
			require.ErrorIs(t, errs[3], fault)
			require.Len(t, b.trips, 4)
		},
		"costs the others of a full round trip few more when it is bad": func(t *testing.T) {
			b, fault := newBackend(), errors.New("odd")
			bad := 2 + rand.IntN(256)
			b.fault = func(requests []int) error {
				if slices.Contains(requests, bad) {
					return fault
				}
				return nil
			}
			errs := b.callAll(t, &coalesce.Group[int, int]{Send: b.send}, 1, numbers(2, 256)...)
			for request, err := range errs {
				if request == bad {
					require.ErrorIs(t, err, fault)
					continue
				}
				require.NoError(t, err)
			}
			require.Len(t, errs, 257)
			require.LessOrEqual(t, len(b.trips), 1+1+2*8, "the request %d", bad)
		},
		"fails alone, however many are bad": func(t *testing.T) {
			b, fault := newBackend(), errors.New("odd")
			bad := func(request int) bool { return request%3 == 0 }
			b.fault = func(requests []int) error {
				if slices.ContainsFunc(requests, bad) {
					return fault
				}
				return nil
			}
			for request, err := range b.callAll(t, &coalesce.Group[int, int]{Send: b.send}, 1, numbers(2, 256)...) {
				require.Equal(t, bad(request), errors.Is(err, fault), "%d", request)
			}
			require.LessOrEqual(t, len(b.trips), 2*256)
		},
		"is refused when too many wait": func(t *testing.T) {
			b := newBackend()
			errs := b.callAll(t, &coalesce.Group[int, int]{Send: b.send}, 1, numbers(2, 1<<14+5)...)
			refused := 0
			for _, err := range errs {
				if err != nil {
					require.Equal(t, eventra.CodeOverloaded, eventra.CodeOf(err))
					require.ErrorIs(t, err, eventra.ErrNotCommitted)
					refused++
				}
			}
			require.Equal(t, 5, refused)
		},
		"is not sent once its caller has given up": func(t *testing.T) {
			b := newBackend()
			group := &coalesce.Group[int, int]{Send: b.send}
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error, 2)
			call := func(request int) {
				_, err := group.Call(ctx, request)
				failed <- err
			}
			go call(1)
			synctest.Wait()
			go call(2)
			synctest.Wait()
			cancel()
			sent, waiting := <-failed, <-failed
			if errors.Is(sent, eventra.ErrNotCommitted) {
				sent, waiting = waiting, sent
			}
			require.NotErrorIs(t, sent, eventra.ErrNotCommitted)
			require.ErrorIs(t, waiting, eventra.ErrNotCommitted)
			close(b.open)
			synctest.Wait()
			require.Equal(t, [][]int{{1}}, b.trips)
		},
		"fails with all while the backend is away": func(t *testing.T) {
			b := newBackend()
			b.fault = func([]int) error { return eventra.Unavailable("the backend", nil) }
			errs := b.callAll(t, &coalesce.Group[int, int]{Send: b.send}, 1, 2, 3)
			require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(errs[3]))
			require.Len(t, b.trips, 2)
		},
		"gives up when its context ends": func(t *testing.T) {
			b := newBackend()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := (&coalesce.Group[int, int]{Backend: "the backend", Send: b.send}).Call(ctx, 1)
			require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
			require.ErrorIs(t, err, context.Canceled)
			close(b.open)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, run)
		})
	}
}
