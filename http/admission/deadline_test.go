package admission

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDeadline_ReachesTheConnectionWhenItChanges(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var d deadline
	set := now
	at := func(wanted time.Time) (changed bool) {
		d.wanted = wanted
		before := set
		set = time.Time{}
		d.apply(func(t time.Time) error { set = t; changed = true; return nil })
		if !changed {
			set = before
		}
		return changed
	}
	require.False(t, at(time.Time{}), "there is none at first")
	require.True(t, at(now.Add(time.Minute)))
	require.False(t, at(now.Add(time.Minute+deadlineSlack)), "about the same")
	require.Equal(t, now.Add(time.Minute), set)
	require.True(t, at(now.Add(time.Minute+deadlineSlack+1)))
	require.True(t, at(now.Add(time.Minute)), "never later than wanted")
	require.True(t, at(time.Time{}))
	require.Equal(t, time.Time{}, set, "none")
}
