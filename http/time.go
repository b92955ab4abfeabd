package http

import (
	"regexp"
	"strings"
	"time"

	"github.com/eventra/eventra"
)

// timeLayout is RFC 3339 in UTC with exactly three digits of a second.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Time is an instant as this API writes it.
type Time time.Time

// AppendText implements encoding.TextAppender.
func (t Time) AppendText(b []byte) ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(b, timeLayout), nil
}

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// rfc3339 is the form of a time. The standard library is lenient: it takes 8:00, a
// decimal comma and offsets beyond a day, but no lower-case t and z, which RFC 3339 allows.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// parseTime parses an RFC 3339 time. It truncates it to the millisecond, as precise as
// this API shows times.
func parseTime(f *eventra.Faults, field, text string) time.Time {
	if text == "" {
		f.Add(field, "required", "is required")
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
	if err != nil || !rfc3339.MatchString(text) {
		f.Add(field, "invalid_time", "must be an RFC 3339 time such as 2027-05-01T19:30:00Z")
	}
	return t.UTC().Truncate(time.Millisecond)
}
