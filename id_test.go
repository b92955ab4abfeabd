package eventra_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/eventra/eventra"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	const good = "018f4e9b-7a3c-7d1e-9b52-0a1b2c3d4e5f"
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"canonical", good, true},
		{"upper case", strings.ToUpper(good), true},
		{"nil", "00000000-0000-0000-0000-000000000000", true},
		{"empty", "", false},
		{"no dashes", strings.ReplaceAll(good, "-", ""), false},
		{"braces", "{" + good + "}", false},
		{"urn", "urn:uuid:" + good, false},
		{"space before", " " + good, false},
		{"newline after", good + "\n", false},
		{"one short", good[1:], false},
		{"not hex", "g" + good[1:], false},
		{"dash for a digit", "-" + good[1:], false},
		{"digit for a dash", good[:8] + "0" + good[9:], false},
		{"wide digit", "０" + good[3:], false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			id, err := eventra.ParseID(test.text)
			if !test.ok {
				require.ErrorIs(t, err, eventra.ErrBadID)
				require.True(t, id.IsZero())
				return
			}
			require.NoError(t, err)
			require.Equal(t, strings.ToLower(test.text), id.String())
		})
	}
}

func TestID_IsAUUID(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		theirs := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		ours, err := eventra.ParseID(theirs.String())
		require.NoError(t, err)
		require.Equal(t, eventra.ID(theirs), ours)
		require.Equal(t, theirs.String(), ours.String())
		require.Equal(t, theirs == uuid.Nil, ours.IsZero())
	})
}

func TestID_Compare_OrdersVersion7ByTime(t *testing.T) {
	t.Parallel()
	before := eventra.ID(uuid.Must(uuid.NewV7()))
	for range 1000 {
		next := eventra.ID(uuid.Must(uuid.NewV7()))
		require.Negative(t, before.Compare(next))
		require.Positive(t, next.Compare(before))
		require.Zero(t, next.Compare(next))
		before = next
	}
}

func TestID_InJSON(t *testing.T) {
	t.Parallel()
	id := eventra.ID(uuid.Must(uuid.NewV7()))
	text, err := json.Marshal(map[eventra.ID]eventra.ID{id: id})
	require.NoError(t, err)
	require.Equal(t, `{"`+id.String()+`":"`+id.String()+`"}`, string(text))
	var back map[eventra.ID]eventra.ID
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, id, back[id])
	require.ErrorIs(t, json.Unmarshal([]byte(`"x"`), &id), eventra.ErrBadID)
}

// FuzzParseID compares ParseID with google/uuid, which accepts more forms.
func FuzzParseID(f *testing.F) {
	f.Add("018f4e9b-7a3c-7d1e-9b52-0a1b2c3d4e5f")
	f.Add("018F4E9B-7A3C-7D1E-9B52-0A1B2C3D4E5F")
	f.Add("018f4e9b-7a3c-7d1e-9b52-0a1b2c3d4e5")
	f.Add("{018f4e9b-7a3c-7d1e-9b52-0a1b2c3d4e5f}")
	f.Fuzz(func(t *testing.T, text string) {
		ours, err := eventra.ParseID(text)
		theirs, theirErr := uuid.Parse(text)
		if wanted := len(text) == 36 && theirErr == nil; wanted != (err == nil) {
			t.Fatalf("ParseID(%q): %v; uuid.Parse: %v", text, err, theirErr)
		}
		if err == nil && (ours != eventra.ID(theirs) || !strings.EqualFold(ours.String(), text)) {
			t.Fatalf("ParseID(%q) is %v, uuid.Parse says %v", text, ours, theirs)
		}
	})
}
