package http

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// UnmarshalText implements encoding.TextUnmarshaler for tests that decode answers.
func (t *Time) UnmarshalText(text []byte) error {
	parsed, err := time.Parse(timeLayout, string(text))
	*t = Time(parsed)
	return err
}

func TestTime_MarshalText(t *testing.T) {
	t.Parallel()
	for text, at := range map[string]time.Time{
		`"2030-05-01T17:30:00.000Z"`: time.Date(2030, 5, 1, 19, 30, 0, 0, time.FixedZone("CEST", 7200)),
		`"2030-05-01T17:30:00.100Z"`: time.Date(2030, 5, 1, 17, 30, 0, 100_000_000, time.UTC),
		`"2030-05-01T17:30:00.123Z"`: time.Date(2030, 5, 1, 17, 30, 0, 123_999_999, time.UTC),
	} {
		got, err := json.Marshal(Time(at))
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	var faults eventra.Faults
	require.Equal(t, time.Date(2030, 5, 1, 17, 30, 0, 123_000_000, time.UTC), parseTime(&faults, "at", "2030-05-01T19:30:00.123999+02:00"))
	for _, same := range []string{"2030-05-01t17:30:00z", "2030-05-01T17:30:00z", "2030-05-01t17:30:00.0000000001Z", "2030-05-01T17:30:00-00:00"} {
		require.Equal(t, time.Date(2030, 5, 1, 17, 30, 0, 0, time.UTC), parseTime(&faults, "at", same), same)
	}
	require.Empty(t, faults)
	for _, bad := range []string{"", "now", "2030-05-01", "2030-05-01 19:30:00Z", "2030-02-30T00:00:00Z", "1e9",
		"2030-05-01T8:00:00Z", "2030-5-01T08:00:00Z", "2030-05-01T08:00Z", "2030-05-01T08:00:00", "2030-05-01T08:00:00,5Z",
		"2030-05-01T08:00:00.Z", "2030-05-01T08:00:00+24:00", "2030-05-01T08:00:00+02:60", "2030-05-01T08:00:00+0200", "2030-05-01T08:00:00+2:00",
		"2030-05-01T24:00:00Z", "2030-05-01T08:00:00Z ", "02030-05-01T08:00:00Z", "２030-05-01T08:00:00Z"} {
		faults = nil
		parseTime(&faults, "at", bad)
		require.Len(t, faults, 1, bad)
	}
}
