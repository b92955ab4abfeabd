package persistencetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// blocking is a change that blocks seats or gives them back, as the core would make it.
func (f *fixture) blocking(kind eventra.ChangeKind, changed int, nos ...eventra.SeatNo) *eventra.Change {
	return &eventra.Change{Kind: kind, Seats: nos, Blocking: &eventra.Blocking{ID: NewID(), Blocked: kind == eventra.Blocked,
		Reason: "press", Author: f.user.ID, Changed: changed}}
}

func blocked(f *fixture) {
	c := f.blocking(eventra.Blocked, 4, 3, 4, 5, 9)
	receipt := f.must(c)
	made, err := f.store.Blocking(f.t.Context(), f.event.ID, c.Blocking.ID)
	require.NoError(f.t, err)
	want := *c.Blocking
	want.Version, want.At = f.version, receipt.At
	require.Equal(f.t, &want, made)
	version := f.version
	s := f.activate()
	for _, no := range c.Seats {
		require.Equal(f.t, eventra.StoredState{Status: eventra.SeatBlocked, Version: version}, s.States[no])
	}
	require.Equal(f.t, eventra.SeatAvailable, s.States[6].Status)

	_, err = f.commit(change(eventra.Held, f.booking(6, 5)))
	require.ErrorIs(f.t, err, eventra.ErrDiverged, "a blocked seat is not sold")

	again := f.blocking(eventra.Blocked, 0, 3)
	again.Blocking.Reason = "broken"
	f.must(again)
	require.Equal(f.t, version, f.activate().States[3].Version, "a new reason is no change of the seat")
	blocks, next, err := f.store.Blocks(f.t.Context(), f.event.ID, eventra.Page{Limit: 10})
	require.NoError(f.t, err)
	require.Nil(f.t, next)
	require.Len(f.t, blocks, 2)
	require.Equal(f.t, []string{f.seats[3].Name()}, blocks[0].Seats)
	require.Equal(f.t, "broken", blocks[0].Reason)
	require.Equal(f.t, []string{f.seats[4].Name(), f.seats[5].Name(), f.seats[9].Name()}, blocks[1].Seats)
	require.Equal(f.t, f.user.Name, blocks[1].AuthorName)

	f.must(f.blocking(eventra.Unblocked, 3, 3, 4, 5), change(eventra.Held, f.booking(8)))
	f.requireSeat(4, eventra.SeatAvailable, nil)
	f.hold(longHold, 3, 4, 5)
	blocks, _, err = f.store.Blocks(f.t.Context(), f.event.ID, eventra.Page{Limit: 10})
	require.NoError(f.t, err)
	require.Len(f.t, blocks, 1)
}

func blockedTaken(f *fixture) {
	owner := f.hold(longHold, 5)
	_, err := f.commit(f.blocking(eventra.Blocked, 2, 4, 5))
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
	f.requireSeat(4, eventra.SeatAvailable, nil)
	f.requireSeat(5, eventra.SeatHeld, owner)
	for _, c := range []*eventra.Change{
		f.blocking(eventra.Unblocked, 1, 5),
		f.blocking(eventra.Unblocked, 1, 4),
		f.blocking(eventra.Blocked, 1, eventra.SeatNo(len(f.seats))),
	} {
		_, err = f.commit(c)
		require.ErrorIs(f.t, err, eventra.ErrDiverged)
	}
}

func blockedTwice(f *fixture) {
	c := f.blocking(eventra.Blocked, 1, 1)
	f.must(c)
	f.must(f.blocking(eventra.Unblocked, 1, 1))
	receipt, err := f.commit(c, change(eventra.Held, f.booking(2)), f.blocking(eventra.Blocked, 1, 7))
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true, false, false}, receipt.Refused, "the change, not its batch")
	f.requireSeat(1, eventra.SeatAvailable, nil)
	f.requireSeat(7, eventra.SeatBlocked, nil)
}

func blocksByPage(f *fixture) {
	var ids []eventra.ID
	for no := range eventra.SeatNo(5) {
		c := f.blocking(eventra.Blocked, 1, no)
		f.must(c)
		ids = append([]eventra.ID{c.Blocking.ID}, ids...)
	}
	var listed []eventra.ID
	page := eventra.Page{Limit: 2}
	for pages := 1; ; pages++ {
		blocks, next, err := f.store.Blocks(f.t.Context(), f.event.ID, page)
		require.NoError(f.t, err)
		for _, b := range blocks {
			require.WithinDuration(f.t, time.Now(), b.At, time.Minute)
			listed = append(listed, b.ID)
		}
		if next == nil {
			break
		}
		require.Less(f.t, pages, 4)
		page.Cursor = next
	}
	require.Equal(f.t, ids, listed)
	none, _, err := f.store.Blocks(f.t.Context(), NewID(), page)
	require.NoError(f.t, err)
	require.Empty(f.t, none)
	_, err = f.store.Blocking(f.t.Context(), f.event.ID, NewID())
	require.Equal(f.t, eventra.CodeNotFound, eventra.CodeOf(err))
}

func removedSeats(f *fixture) {
	remove := func(removal eventra.ID, nos ...int) (int, error) {
		var names []string
		for _, no := range nos {
			names = append(names, f.seats[no].Name())
		}
		return f.store.RemoveSeats(f.t.Context(), f.event.ID, removal, names)
	}
	f.hold(longHold, 3)
	f.must(change(eventra.Released, f.hold(longHold, 4)))
	f.must(f.blocking(eventra.Blocked, 1, 7))
	_, err := remove(NewID(), 2, 3, 4)
	require.Equal(f.t, eventra.CodeSeatsUnavailable, eventra.CodeOf(err))
	var refused *eventra.Error
	require.ErrorAs(f.t, err, &refused)
	require.Equal(f.t, []string{f.seats[3].Name(), f.seats[4].Name()}, refused.Seats, "also one that a booking had")
	_, err = f.store.RemoveSeats(f.t.Context(), f.event.ID, NewID(), []string{"Z-9-9"})
	require.Equal(f.t, eventra.CodeUnknownSeats, eventra.CodeOf(err))
	_, err = f.store.RemoveSeats(f.t.Context(), NewID(), NewID(), []string{"Z-9-9"})
	require.Equal(f.t, eventra.CodeEventNotFound, eventra.CodeOf(err))

	f.activate()
	late := f.batch(longHold, change(eventra.Held, f.booking(2)))
	removal := NewID()
	for range 2 {
		total, err := remove(removal, 2, 7, 39)
		require.NoError(f.t, err, "repeating it is harmless")
		require.Equal(f.t, 37, total)
	}
	_, err = f.store.Commit(f.t.Context(), late)
	require.ErrorIs(f.t, err, eventra.ErrStaleEpoch)
	s := f.activate()
	require.Len(f.t, s.Seats, 40, "no seat gets another number")
	for _, no := range []int{2, 7, 39} {
		require.Equal(f.t, eventra.SeatRemoved, s.States[no].Status)
		require.True(f.t, s.Seats[no].Removed())
	}
	require.Equal(f.t, f.seats[38], s.Seats[38])
	require.Equal(f.t, s.States[2].Version, s.LayoutVersion, "a reader of an older version knows too many")
	_, err = f.commit(change(eventra.Held, f.booking(2)))
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
	_, err = remove(NewID(), 2)
	require.Equal(f.t, eventra.CodeUnknownSeats, eventra.CodeOf(err))

	total, err := f.store.AddSeats(f.t.Context(), f.event.ID, NewID(), []eventra.Seat{f.seats[2]})
	require.NoError(f.t, err, "the name is free again")
	require.Equal(f.t, 38, total)
	s = f.activate()
	require.Equal(f.t, f.seats[2], s.Seats[40])
	total, err = f.store.SeatsTotal(f.t.Context(), f.event.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, 38, total)
}
