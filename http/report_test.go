package http

import (
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestReport(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/admin/events/" + ts.published + "/report"
	ts.problem(ts.send("GET", path, ts.userToken, ""), 403, eventra.CodeForbidden)
	got, _ := ts.ok(200, "GET", path, ts.adminToken, "")
	require.Equal(t, map[string]any{"total": 100.0, "free": 90.0, "held": 2.0, "sold": 3.0, "blocked": 5.0}, got["tickets"])
	require.Equal(t, 3500.0, got["revenue"])
	require.Len(t, got["sales"], 2)
	require.Equal(t, map[string]any{"bookings": 1.0, "returned": 1500.0, "pending": 200.0}, got["refunds"])
	require.Equal(t, []any{map[string]any{"start": "2030-05-01T12:00:00.000Z", "bookings": 2.0, "revenue": 3500.0}}, got["hours"])

	for range exportsMax {
		require.NoError(t, ts.server.exports.enter())
	}
	ts.problem(ts.send("GET", path, ts.adminToken, ""), 503, eventra.CodeOverloaded)
}

// TestReport_IsReadOnceForAllWhoAsk: more ask at once than may read.
func TestReport_IsReadOnceForAllWhoAsk(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/admin/events/" + ts.published + "/report"
	reads, begun, goOn := atomic.Int32{}, make(chan struct{}), make(chan struct{})
	ts.fakes.reading = func() {
		if reads.Add(1) == 1 {
			close(begun)
		}
		<-goOn
	}
	var asking sync.WaitGroup
	statuses := make(chan int, 5*exportsMax)
	ask := func() {
		asking.Go(func() { statuses <- ts.send("GET", path, ts.adminToken, "").StatusCode })
	}
	ask()
	<-begun
	for range cap(statuses) - 1 {
		ask()
	}
	close(goOn)
	asking.Wait()
	close(statuses)
	for status := range statuses {
		require.Equal(t, 200, status)
	}
}

func TestSeatHistory(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/admin/events/" + ts.published + "/seats/"
	at := time.Date(2030, 5, 1, 20, 0, 3, 0, time.UTC)
	reason := "press"
	ts.fakes.seatUses = []eventra.SeatUse{
		{ID: newID(), From: at, UserID: ts.admin.ID, Block: &reason},
		{ID: newID(), From: at.Add(-time.Hour), Until: at.Add(-time.Minute), Status: eventra.BookingExpired, UserID: ts.user.ID},
	}
	got, _ := ts.ok(200, "GET", path+"A-3-12/history?at=2030-05-01T20:00:03Z", ts.adminToken, "")
	require.Equal(t, at, ts.fakes.lookedAt)
	items := got["items"].([]any)
	require.Equal(t, "press", items[0].(map[string]any)["block"].(map[string]any)["reason"])
	require.NotContains(t, items[0], "until")
	booking := items[1].(map[string]any)["booking"].(map[string]any)
	require.Equal(t, "EXPIRED", booking["status"])
	require.Equal(t, "user@example.com", booking["customer"].(map[string]any)["email"])
	ts.ok(200, "GET", path+url.PathEscape("Südtribüne-ä-1")+"/history", ts.adminToken, "")
	for _, name := range []string{"A", "A-1", "A-1-0", "A-1-x", "%00-1-1%25", "A-1-99999999999999999999", "..%2F-1-1-1"} {
		ts.problem(ts.send("GET", path+name+"/history", ts.adminToken, ""), 404, eventra.CodeNotFound)
	}
}

func TestForceRelease_IsInTheAuditLog(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/admin/bookings/" + ts.bookingID
	ts.problem(ts.send("DELETE", path, ts.userToken, ""), 403, eventra.CodeForbidden)
	require.Zero(t, ts.fakes.released)
	got, _ := ts.ok(200, "DELETE", path, ts.adminToken, "")
	require.Equal(t, ts.user.ID.String(), got["customer"].(map[string]any)["id"])
	require.Equal(t, ts.admin.ID, ts.fakes.released.ID, "which the event's batch notes")
	require.Empty(t, ts.fakes.audited)
}
