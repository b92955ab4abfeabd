package actors

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// An activation that is idle after a rush, or after many holds have ended at once, keeps
// nothing of it alive.
func TestActivation_KeepsNothingThatIsAnswered(t *testing.T) {
	t.Parallel()
	s := &stillEnvironment{serves: true}
	a := &activation{shared: &shared{Dependencies: &Dependencies{}}, environment: s, phase: active, seats: seatMapOf(t, 1), next: newNext()}
	left := rush(a)
	a.pump()
	require.Len(t, s.replies, 2*len(left))
	require.Nil(t, a.overdue)
	require.Eventually(t, func() bool {
		runtime.GC()
		for _, r := range left {
			if r.Value() != nil {
				return false
			}
		}
		return true
	}, 10*time.Second, 10*time.Millisecond)
	runtime.KeepAlive(a)
}

// rush queues many requests and due holds, none of which changes anything.
func rush(a *activation) (requests []weak.Pointer[request]) {
	for i := range byte(200) {
		r := &request{command: &eventra.ExpireHold{BookingID: eventra.ID{i}}}
		a.waiting, requests = append(a.waiting, r), append(requests, weak.Make(r))
		a.overdue = append(a.overdue, eventra.ID{i})
	}
	return requests
}
