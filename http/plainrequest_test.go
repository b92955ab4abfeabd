package http

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzPlainRequest(f *testing.F) {
	for _, body := range []string{
		`{"eventId":"01900000-0000-7000-8000-0000000000e1","seats":["A-1-1","A-1-2"]}`,
		`{"eventId":"","seats":[""]}`, `{"eventId":"e","seats":[]}`, `{"eventId":"e","seats":["a" ,"b"]}`,
		`{"eventId":"e","seats":["\u0041"]}`, `{"eventId":"e","seats":["a","eventId":"f","seats":["b"]}`,
		`{"eventId":"e","seats":["a"]}{}`, `{"eventId":"e","seats":["a","\"]}`, `{"eventId":"e","seats":["a"],"bestAvailable":["b"]}`,
		"{\"eventId\":\"e\",\"seats\":[\"a\n\",\"\xff\"]}", `{"eventId":"e","seats":["` + "\u00e4" + `"]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		plain, ok := plainRequest(body)
		if !ok {
			return
		}
		var decoded BookingRequest
		require.NoError(t, decode(body, &decoded))
		require.Equal(t, decoded, plain)
		compared, err := appendValue(nil, body, "")
		require.NoError(t, err)
		require.Equal(t, compared, plain.appendValue(nil), "a repetition in another form, or at another member, is another request")
	})
}

func TestPlainRequest_ReadsWhatClientsWrite(t *testing.T) {
	t.Parallel()
	r, ok := plainRequest([]byte(`{"eventId":"e","seats":["A-1-1","A-1-2"]}`))
	require.True(t, ok)
	require.Equal(t, BookingRequest{EventID: "e", Seats: []string{"A-1-1", "A-1-2"}}, r)
}
