package http

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestSeats_Add(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/events/" + ts.draft + "/seats"
	price := `"price":{"amount":100,"currency":"EUR"}`
	got, _ := ts.ok(201, "POST", path, ts.adminToken, `{"sections":[{"name":"C","rows":["X","Y"],"seatsPerRow":3,`+price+`},{"name":"D","rowCount":2,"seatsPerRow":1,`+price+`}]}`)
	require.Equal(t, map[string]any{"created": 8.0, "seatsTotal": 10.0}, got)
	var names []string
	id, err := eventra.ParseID(ts.draft)
	require.NoError(t, err)
	for _, seat := range ts.fakes.seats[id][2:] {
		names = append(names, seat.Name())
	}
	require.Equal(t, "C-X-1 C-X-2 C-X-3 C-Y-1 C-Y-2 C-Y-3 D-1-1 D-2-1", strings.Join(names, " "))
	got, _ = ts.ok(201, "POST", path, ts.adminToken, `{"seats":[{"section":"E","row":"1","number":9,`+price+`}]}`)
	require.Equal(t, map[string]any{"created": 1.0, "seatsTotal": 11.0}, got)

	for field, body := range map[string]string{
		"seats":          `{"seats":[{"section":"E","row":"1","number":9,` + price + `},{"section":"E","row":"1","number":9,` + price + `}]}`,
		"price.currency": `{"seats":[{"section":"E","row":"1","number":9,` + price + `},{"section":"E","row":"2","number":9,"price":{"amount":1,"currency":"USD"}}]}`,
	} {
		p := ts.problem(ts.send("POST", path, ts.adminToken, body), 422, eventra.CodeValidationFailed)
		require.Equal(t, field, p.Errors[0].Field)
	}
}

func TestSeats_AddAHundredThousand(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/events/" + ts.draft + "/seats"
	var body strings.Builder
	body.WriteString(`{"seats":[`)
	for i := range eventra.SeatsPerEventMax {
		fmt.Fprintf(&body, `{"section":"A section of some length","row":"%d","number":%d,"price":{"amount":100,"currency":"EUR"}},`, i/100, i%100+1)
	}
	full := strings.TrimSuffix(body.String(), ",")
	got, _ := ts.ok(201, "POST", path, ts.adminToken, full+"]}")
	require.EqualValues(t, eventra.SeatsPerEventMax, got["created"])
	p := ts.problem(ts.send("POST", path, ts.adminToken, full+`,{}]}`), 422, eventra.CodeValidationFailed)
	require.Equal(t, "too_many", p.Errors[0].Code)
	many := `{"seats":[` + strings.Repeat("{},", 5_000_000) + "{}]}"
	ts.problem(ts.send("POST", path, ts.adminToken, many), 422, eventra.CodeValidationFailed)
	ts.problem(ts.send("POST", path, ts.adminToken, strings.Repeat(" ", seatsBodyMaxBytes)+full), 413, eventra.CodeBodyTooLarge)
	for _, sections := range []string{
		strings.Repeat(`{"name":"A","rowCount":1,"seatsPerRow":50001,"price":{"amount":1,"currency":"EUR"}},`, 2),
		`{"name":"A","rowCount":9223372036854775807,"seatsPerRow":9223372036854775807,"price":{"amount":1,"currency":"EUR"}},`,
		`{"name":"A","rows":[` + strings.Repeat(`"",`, 200_000) + `""]},`,
	} {
		ts.problem(ts.send("POST", path, ts.adminToken, `{"sections":[`+strings.TrimSuffix(sections, ",")+`]}`), 422, eventra.CodeValidationFailed)
	}
}

func TestSeats_CompressOnRequest(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/events/" + ts.published + "/seats"
	plain := ts.send("GET", path, "", "", "Accept-Encoding: identity")
	require.Contains(t, plain.Header.Values("Vary"), "Accept-Encoding, Authorization")
	tags := map[string]bool{plain.Header.Get("ETag"): true}
	for accept, coding := range map[string]string{"gzip": "gzip", "br": "br", "gzip;q=1, br;q=0.5": "gzip", "gzip, br": "br", "*": "br", "gzip;q=0, br;q=0": ""} {
		resp, body := ts.raw(path, accept)
		require.Equal(t, coding, resp.Header.Get("Content-Encoding"), accept)
		require.Equal(t, plain.body, unpacked(t, coding, body))
		tags[resp.Header.Get("ETag")] = true
		again, body := ts.raw(path, accept, "If-None-Match: "+resp.Header.Get("ETag"))
		require.Equal(t, 304, again.StatusCode)
		require.Empty(t, body)
	}
	require.Len(t, tags, 3, "each representation has its own tag")
}

func unpacked(t *testing.T, coding, body string) string {
	var reader io.Reader = strings.NewReader(body)
	switch coding {
	case "br":
		reader = brotli.NewReader(reader)
	case "gzip":
		var err error
		reader, err = gzip.NewReader(reader)
		require.NoError(t, err)
	}
	got, err := io.ReadAll(reader)
	require.NoError(t, err)
	return string(got)
}

func TestSeats_SinceAndSection(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/events/" + ts.published + "/seats"
	count := func(query string) int {
		got, _ := ts.ok(200, "GET", path+query, "", "")
		return len(got["seats"].([]any))
	}
	require.Equal(t, 2, count(""))
	require.Equal(t, 1, count("?section=A"))
	require.Equal(t, 1, count("?section=B+%22%C3%A9%22"))
	require.Equal(t, 0, count("?since=0"))
	require.Equal(t, 0, count("?since=7"), "the present version")
	for _, ahead := range []string{"8", "9223372036854775807", "18446744073709551615"} {
		require.Equal(t, 2, count("?since="+ahead), "a client that is ahead of a restored store gets the whole map")
		require.Equal(t, 1, count("?section=A&since="+ahead))
	}
}

func TestSeats_MarkStaleAnswers(t *testing.T) {
	ts := newTestServer(t)
	for _, path := range []string{"/seats", "/availability"} {
		require.Empty(t, ts.send("GET", "/api/v1/events/"+ts.published+path, "", "").Header.Get("Eventra-Stale"))
	}
	ts.fakes.cutOff = true
	for _, path := range []string{"/seats", "/availability"} {
		old := ts.send("GET", "/api/v1/events/"+ts.published+path, "", "")
		require.Equal(t, 200, old.StatusCode)
		require.Equal(t, "true", old.Header.Get("Eventra-Stale"))
	}
}

// seatView makes a view of n seats. Every second section has an x appended.
func seatView(section, row, currency string, n int) *eventra.SeatsView {
	v := &eventra.SeatsView{EventID: newID(), Version: 9}
	var seats []eventra.Seat
	for i := range n {
		seats = append(seats, eventra.Seat{Section: section + strings.Repeat("x", i%2), Row: row, Number: i,
			Price: eventra.Money{Amount: int64(i), Currency: currency}})
		v.Status = append(v.Status, eventra.SeatStatus(i%3))
		v.Changed = append(v.Changed, uint64(i))
	}
	v.Layout = eventra.NewLayout(seats)
	return v
}

// asJSON returns what appendSeatMap should write, made by the standard library.
func asJSON(t require.TestingT, v *eventra.SeatsView, p seatPart) string {
	m := SeatsView{EventID: v.EventID, Version: v.Version, Sections: sectionsOf(v, p), Seats: []SeatOfEvent{}}
	for no, seat := range v.Layout.Seats {
		if (!p.bySection || seat.Section == p.section) && (!p.bySince || v.Changed[no] > p.since) {
			m.Seats = append(m.Seats, SeatOfEvent{Seat: seat.Name(), Section: seat.Section, Row: seat.Row, Number: seat.Number,
				Category: v.Layout.Category(eventra.SeatNo(no)), Price: seat.Price, Status: v.Status[no].String()})
		}
	}
	got, err := json.Marshal(m)
	require.NoError(t, err)
	return string(got)
}

func FuzzAppendSeatMap(f *testing.F) {
	f.Add("A", "1", "EUR", uint8(5), uint64(2))
	f.Add(`"`, `\`, "\n", uint8(2), uint64(0))
	f.Add("é\u2028<", "日本", "€€€", uint8(3), uint64(99))
	f.Add("", "\x00", "\x7f", uint8(1), uint64(0))
	f.Fuzz(func(t *testing.T, section, row, currency string, n uint8, since uint64) {
		if !utf8.ValidString(section + row + currency) {
			return // labels are validated before they are stored
		}
		v := seatView(section, row, currency, int(n))
		for _, p := range []seatPart{{}, {section: section, bySection: true}, {since: since, bySince: true}} {
			got := appendSeatMap(nil, v, p)
			require.JSONEq(t, asJSON(t, v, p), string(got))
		}
	})
}

func BenchmarkSeatMap(b *testing.B) {
	v := seatView("PARKETT", "12", "EUR", 100_000)
	body := appendSeatMap(nil, v, seatPart{})
	b.Run("append", func(b *testing.B) {
		buffer := bytes.NewBuffer(make([]byte, 0, len(body)))
		for b.Loop() {
			appendSeatMap(buffer.Bytes(), v, seatPart{})
		}
	})
	for _, coding := range []string{codingGzip, codingBrotli} {
		b.Run(coding, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(len(encodeAs(coding, body))), "bytes")
			}
		})
	}
}
