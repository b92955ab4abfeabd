package http

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestCursorSealer_Open(t *testing.T) {
	t.Parallel()
	s := cursorSealer{[][]byte{[]byte("key")}}
	for _, at := range []time.Time{time.Now(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		at = at.UTC().Truncate(time.Microsecond)
		id := newID()
		text := s.seal(&eventra.Cursor{Time: at, ID: id}, "list", "x")
		got, ok := s.open(*text, "list", "x")
		require.True(t, ok)
		require.Equal(t, &eventra.Cursor{Time: at, ID: id}, got)
		_, ok = s.open(*text, "list", "y")
		require.False(t, ok)
		_, ok = cursorSealer{[][]byte{[]byte("other")}}.open(*text, "list", "x")
		require.False(t, ok)
	}
	require.Nil(t, s.seal(nil, "list"))
	both := cursorSealer{[][]byte{[]byte("other"), []byte("key")}}
	_, ok := both.open(*s.seal(&eventra.Cursor{Time: time.Now(), ID: newID()}, "list"), "list")
	require.True(t, ok, "made with the key before")
	_, ok = s.open(*both.seal(&eventra.Cursor{Time: time.Now(), ID: newID()}, "list"), "list")
	require.False(t, ok)
}

func TestCursors_OfASplitListComeBack(t *testing.T) {
	t.Parallel()
	s := cursorSealer{[][]byte{[]byte("key")}}
	at := time.Now().UTC().Truncate(time.Millisecond)
	for _, past := range []bool{false, true} {
		c := &eventra.Cursor{Time: at, ID: newID(), Split: at.Add(time.Hour), Past: past}
		text := s.seal(c, "list")
		got, ok := s.open(*text, "list")
		require.True(t, ok)
		require.Equal(t, c, got)
		_, ok = s.open((*text)[:len(*text)-1], "list")
		require.False(t, ok)
		_, ok = s.open(*text, "another list")
		require.False(t, ok)
	}
}

func FuzzCursorSealer_Open(f *testing.F) {
	s := cursorSealer{[][]byte{[]byte("key")}}
	f.Add(*s.seal(&eventra.Cursor{Time: time.Unix(1, 0)}, "list"))
	f.Add("")
	f.Add("AAAA")
	f.Add("=")
	f.Fuzz(func(t *testing.T, text string) {
		if c, ok := s.open(text, "list"); ok {
			require.Equal(t, text, *s.seal(c, "list"), "only what seal writes is opened")
		}
	})
}
