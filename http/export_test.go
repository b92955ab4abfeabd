package http

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// exported makes a booking of two items for an export.
func exported(name string) eventra.ExportedBooking {
	seat := eventra.Seat{Section: "A", Row: "3", Number: 12}
	place := eventra.Item{No: eventra.NoSeat, Section: "Lawn", Category: "Lawn", TicketType: "Child", Amount: 900, Released: true}
	item := eventra.NewItem(0, &seat, "Stalls")
	item.Amount = 1500
	b := &eventra.Booking{ID: newID(), Reference: 4711, Status: eventra.BookingConfirmed, CreatedAt: time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC),
		Items: []eventra.Item{item, place}, Total: eventra.Money{Amount: 2400, Currency: "EUR"}}
	return eventra.ExportedBooking{Booking: b, ConfirmedAt: b.CreatedAt.Add(time.Minute), Customer: eventra.Customer{ID: newID(), Email: "ada@example.com", Name: name}}
}

func TestExport_HasALineForEachItem(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/admin/events/" + ts.published + "/bookings.csv"
	first, second := exported("Ada"), exported("Grace")
	var status eventra.BookingStatus
	ts.fakes.exportPage = func(_ context.Context, e eventra.BookingExport, after *eventra.Cursor) ([]eventra.ExportedBooking, *eventra.Cursor, error) {
		status = e.Status
		if after == nil {
			return []eventra.ExportedBooking{first}, &eventra.Cursor{ID: first.ID}, nil
		}
		return []eventra.ExportedBooking{second}, nil, nil
	}
	a := ts.send("GET", path+"?status=CONFIRMED", ts.adminToken, "")
	require.Equal(t, 200, a.StatusCode, a.body)
	require.Equal(t, eventra.BookingConfirmed, status)
	require.Equal(t, mimeCSV, a.Header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="bookings-`+ts.published+`.csv"`, a.Header.Get("Content-Disposition"))
	require.Equal(t, cachePrivate, a.Header.Get("Cache-Control"))
	lines, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 5)
	require.Equal(t, strings.TrimSpace(bookingsCSVHeader), strings.Join(lines[0], ","))
	start := []string{first.ID.String(), "CONFIRMED", "2030-05-01T12:00:00.000Z", "2030-05-01T12:01:00.000Z", "", first.Customer.ID.String(), "ada@example.com", "Ada"}
	require.Equal(t, append(start, "1", "A-3-12", "A", "3", "12", "Stalls", "Standard", "1500", "EUR", "LIVE", "CMKM-6DMM"), lines[1])
	require.Equal(t, append(start, "2", "", "Lawn", "", "", "Lawn", "Child", "900", "EUR", "RELEASED", "CMKM-6DMM"), lines[2])
	require.Equal(t, second.ID.String(), lines[4][0])

	ts.problem(ts.send("GET", path, ts.userToken, ""), 403, eventra.CodeForbidden)
	ts.fakes.fail(eventra.Unavailable("postgres", errors.New("lost")))
	ts.problem(ts.send("GET", path, ts.adminToken, ""), 503, eventra.CodeUnavailable)
	require.Empty(t, ts.server.exports.places)
}

// A client never takes half an export for a whole one.
func TestExport_ThatFailsIsSeenToBeIncomplete(t *testing.T) {
	ts := newTestServer(t)
	calls := 0
	ts.fakes.exportPage = func(context.Context, eventra.BookingExport, *eventra.Cursor) ([]eventra.ExportedBooking, *eventra.Cursor, error) {
		if calls++; calls == 3 {
			return nil, nil, eventra.Unavailable("postgres", errors.New("lost"))
		}
		return []eventra.ExportedBooking{exported("Ada")}, &eventra.Cursor{ID: newID()}, nil
	}
	body, err := ts.export()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, 5, bytes.Count(body, []byte("\r\n")), "what was read is sent")
	require.Empty(t, ts.server.exports.places)
	require.Contains(t, ts.log.String(), "an export was cut off")
}

func TestExport_EndsWithItsServer(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.exportPage = func(ctx context.Context, _ eventra.BookingExport, after *eventra.Cursor) ([]eventra.ExportedBooking, *eventra.Cursor, error) {
		if after != nil {
			ts.server.exports.close()
			<-ctx.Done()
			return nil, nil, ctx.Err()
		}
		return []eventra.ExportedBooking{exported("Ada")}, &eventra.Cursor{ID: newID()}, nil
	}
	_, err := ts.export()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// An export ends with the token of whoever reads it.
func TestExport_EndsWithItsCaller(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.exportPage = func(_ context.Context, _ eventra.BookingExport, after *eventra.Cursor) ([]eventra.ExportedBooking, *eventra.Cursor, error) {
		if after != nil {
			token, err := ts.server.accessTokens.Verify(ts.adminToken)
			require.NoError(t, err)
			ts.fakes.mu.Lock()
			ts.fakes.denied[token.AccessID] = token.Version + 1
			ts.fakes.mu.Unlock()
		}
		return []eventra.ExportedBooking{exported("Ada")}, &eventra.Cursor{ID: newID()}, nil
	}
	_, err := ts.export()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// export reads an export as far as it comes.
func (ts *testServer) export() ([]byte, error) {
	req, err := http.NewRequest("GET", ts.url+"/api/v1/admin/events/"+ts.published+"/bookings.csv", nil)
	require.NoError(ts.t, err)
	req.Header.Set("Authorization", "Bearer "+ts.adminToken)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(ts.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(ts.t, 200, resp.StatusCode)
	return io.ReadAll(resp.Body)
}

// Two exports run; their clients read nothing. A third one is refused, and so is an old client.
func TestExport_IsBounded(t *testing.T) {
	ts := newTestServer(t)
	endless := exported(strings.Repeat("a", 1000))
	page := make([]eventra.ExportedBooking, exportPage)
	for i := range page {
		page[i] = endless
	}
	ts.fakes.exportPage = func(ctx context.Context, _ eventra.BookingExport, _ *eventra.Cursor) ([]eventra.ExportedBooking, *eventra.Cursor, error) {
		return page, &eventra.Cursor{ID: newID()}, ctx.Err()
	}
	path := "/api/v1/admin/events/" + ts.published + "/bookings.csv"
	request := "GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + ts.adminToken + "\r\n\r\n"
	var clients []net.Conn
	for range exportsMax {
		conn, err := net.Dial("tcp", strings.TrimPrefix(ts.url, "http://"))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = io.WriteString(conn, request)
		require.NoError(t, err)
		_, err = io.ReadFull(conn, make([]byte, 100))
		require.NoError(t, err)
		clients = append(clients, conn)
	}
	ts.problem(ts.send("GET", path, ts.adminToken, ""), 503, eventra.CodeOverloaded)
	require.NoError(t, clients[0].Close())
	require.Eventually(t, func() bool { return len(ts.server.exports.places) < exportsMax }, 10*time.Second, time.Millisecond, "a client that goes gives its place back")

	old, err := net.Dial("tcp", strings.TrimPrefix(ts.url, "http://"))
	require.NoError(t, err)
	defer func() { _ = old.Close() }()
	_, err = io.WriteString(old, strings.Replace(request, "1.1", "1.0", 1))
	require.NoError(t, err)
	answer, err := io.ReadAll(old)
	require.NoError(t, err)
	require.Contains(t, string(answer), " 400 ")
	require.Contains(t, string(answer), "malformed_request")
}

func FuzzCell(f *testing.F) {
	for _, text := range []string{"", "Ada", `=HYPERLINK("http://x")`, "+1", "-1", "@x", "\tx", "\rx", `a"b,c`, "a\r\nb", `"`, `""`, ",", "'", "é\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cell := appendCell(nil, text)
		reader := csv.NewReader(bytes.NewReader(append(append([]byte("x,"), cell...), ",y\r\n"...)))
		lines, err := reader.ReadAll()
		if !utf8.ValidString(text) {
			return // PostgreSQL has none
		}
		require.NoError(t, err)
		require.Len(t, lines, 1)
		got := lines[0][1]
		if text != "" && strings.ContainsAny(text[:1], "=+-@\t\r") {
			require.Equal(t, byte('\''), got[0])
			got = got[1:]
		}
		require.Equal(t, strings.ReplaceAll(text, "\r\n", "\n"), strings.ReplaceAll(got, "\r\n", "\n"), "the reader takes CRLF for LF")
	})
}
