package http

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2")) // ends within 10 s
}

const testSecret = "a secret of at least 32 bytes for tests"

// testServer is a running server over fakes, with users, an admin, events and bookings.
type testServer struct {
	t      *testing.T
	fakes  *fakes
	server *Server
	url    string
	log    *logBuffer

	user, other, admin                      *eventra.User
	userToken, otherToken, adminToken       string
	published, draft, bookingID, otherBooks string
	sessionID                               string // of the user
	apiKeyID                                string
}

func newTestServer(t *testing.T, change ...func(*Config)) *testServer {
	t.Helper()
	t.Parallel()
	return newTestServerAlone(t, change...)
}

// newTestServerAlone is newTestServer for a test that measures the process and runs beside no other.
func newTestServerAlone(t *testing.T, change ...func(*Config)) *testServer {
	t.Helper()
	ts := &testServer{t: t, fakes: newFakes(), log: &logBuffer{}}
	cfg := ts.config()
	for _, c := range change {
		c(&cfg)
	}
	ts.start(cfg)
	ts.populate()
	return ts
}

// start serves until the test's end.
func (ts *testServer) start(cfg Config) {
	t := ts.t
	t.Helper()
	var err error
	ts.server, err = NewServer(cfg)
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- ts.server.Serve(ln) }()
	ts.server.Ready()
	ts.url = "http://" + ln.Addr().String()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, ts.server.Shutdown(ctx))
		require.NoError(t, <-served)
	})
}

// config is the least that a server needs.
func (ts *testServer) config() Config {
	f := ts.fakes
	return Config{
		Users: f, APIKeys: f, Customers: f, DeniedTokens: f, Catalog: f, SeatMaps: f, BoxOffice: f, Payments: f, Bookings: f, Blocks: f, Cancellations: f, BackOffice: f, MailTries: f, Audit: f, UserAdmin: f, DeadMails: f,
		IdempotencyKeys: fakeKeys{f}, RateCounters: f, Members: f,
		Metrics: prometheus.NewRegistry(), Log: slog.New(slog.NewJSONHandler(ts.log, nil)),
		JWTSecrets: [][]byte{[]byte(testSecret)}, PasswordCost: bcrypt.MinCost, Version: "test",
	}
}

func (ts *testServer) populate() {
	ts.user, ts.userToken = ts.account("user@example.com", eventra.RoleUser)
	ts.other, ts.otherToken = ts.account("other@example.com", eventra.RoleUser)
	ts.admin, ts.adminToken = ts.account("admin@example.com", eventra.RoleAdmin)
	ts.published, ts.draft = ts.event(eventra.EventPublished), ts.event(eventra.EventDraft)
	ts.bookingID = ts.booking(ts.user.ID)
	ts.otherBooks = ts.booking(ts.other.ID)
	session := &eventra.Session{ID: newID(), UserID: ts.user.ID, TokenHash: sha256.Sum256([]byte(newID().String()))}
	ts.sessionID, ts.fakes.sessions[session.TokenHash] = session.ID.String(), session
	ts.apiKeyID, _ = ts.apiKey(eventra.APIKey{Name: "A shop"})
}

const testPassword = "correct horse"

func (ts *testServer) account(email string, role eventra.Role) (*eventra.User, string) {
	hash, err := bcrypt.GenerateFromPassword([]byte(testPassword), bcrypt.MinCost)
	require.NoError(ts.t, err)
	u := &eventra.User{ID: newID(), Email: email, Name: "Somebody", Role: role, PasswordHash: hash, CreatedAt: time.Now()}
	ts.fakes.users[u.ID] = u
	token, err := ts.server.accessTokens.Issue(u, newID(), time.Now())
	require.NoError(ts.t, err)
	return u, token
}

func (ts *testServer) event(status eventra.EventStatus) string {
	at := time.Date(2030, 5, 1, 19, 30, 0, 0, time.UTC)
	e := &eventra.Event{ID: newID(), Title: "Concert", Category: "music", Tags: []string{"live"},
		Venue:    eventra.Venue{Name: "Hall", City: "Berlin", Timezone: "Europe/Berlin"},
		StartsAt: at, EndsAt: at.Add(2 * time.Hour), Attributes: json.RawMessage(`{"a":{"b":1,"c":2}}`),
		CreatedAt: at, UpdatedAt: at, Version: 3}
	e.Status, e.HoldSeconds, e.MaxSeatsPerBooking = status, 600, 10
	ts.fakes.events[e.ID] = e
	ts.fakes.seats[e.ID] = []eventra.Seat{
		{Section: "A", Row: "1", Number: 1, Price: eventra.Money{Amount: 1500, Currency: "EUR"}},
		{Section: `B "é"`, Row: "2", Number: 7, Price: eventra.Money{Amount: 900, Currency: "EUR"}}}
	return e.ID.String()
}

func (ts *testServer) booking(userID eventra.ID) string {
	eventID, err := eventra.ParseID(ts.published)
	require.NoError(ts.t, err)
	b, err := ts.fakes.Hold(context.Background(), eventID, &eventra.HoldSeats{BookingID: newID(), UserID: userID})
	require.NoError(ts.t, err)
	return b.ID.String()
}

// answer is a response with its body.
type answer struct {
	*http.Response
	body string
}

// problem decodes the body as a problem and checks it.
func (ts *testServer) problem(a answer, status int, code eventra.Code) Problem {
	ts.t.Helper()
	require.Equal(ts.t, status, a.StatusCode, a.body)
	require.Equal(ts.t, "application/problem+json", a.Header.Get("Content-Type"), a.body)
	var p Problem
	require.NoError(ts.t, json.Unmarshal([]byte(a.body), &p), a.body)
	require.Equal(ts.t, string(code), p.Code, a.body)
	require.Equal(ts.t, status, p.Status)
	require.Equal(ts.t, a.Header.Get("X-Request-Id"), p.RequestID)
	require.NotEmpty(ts.t, p.RequestID)
	require.NotEmpty(ts.t, p.Type)
	require.NotEmpty(ts.t, p.Title)
	require.NotEmpty(ts.t, p.Detail)
	if status == 503 || status == 429 {
		require.Regexp(ts.t, `^[1-9]\d*$`, a.Header.Get("Retry-After"))
	}
	if status == 401 {
		require.Equal(ts.t, "Bearer", a.Header.Get("WWW-Authenticate"))
	}
	return p
}

// send makes a request and checks that the response matches the document. Headers are
// "Name: value"; a body is JSON unless a Content-Type says otherwise.
func (ts *testServer) send(method, path, token, body string, headers ...string) answer {
	ts.t.Helper()
	req, err := http.NewRequest(method, ts.url+path, strings.NewReader(body))
	require.NoError(ts.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Content-Type" && value == "" {
			req.Header.Del(name)
			continue
		}
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(ts.t, err)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	require.NoError(ts.t, err)
	if strings.Contains("GET POST PATCH DELETE", method) && !isPage(path) &&
		resp.StatusCode != 405 && !strings.Contains(string(got), nothingHere) {
		resp.Body = io.NopCloser(bytes.NewReader(got))
		requireContract(ts.t, req, resp)
	}
	return answer{resp, string(got)}
}

// isPage reports whether a path is a page's, of which the document has none.
func isPage(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	return strings.HasPrefix(path, "/api-docs") || strings.HasPrefix(path, "/events/") || strings.HasPrefix(path, "/livehouse/") || slices.Contains([]string{"/", "/favicon.ico", verifyEmailPath, resetPasswordPath}, path)
}

// nothingHere is the answer at addresses that are not in the document.
const nothingHere = "there is nothing at this address"

// ok sends a request, expects the status of a success, and returns the decoded body.
func (ts *testServer) ok(status int, method, path, token, body string, headers ...string) (map[string]any, answer) {
	ts.t.Helper()
	a := ts.send(method, path, token, body, headers...)
	require.Equal(ts.t, status, a.StatusCode, a.body)
	var decoded map[string]any
	if a.body != "" {
		require.Equal(ts.t, "application/json", a.Header.Get("Content-Type"))
		require.NoError(ts.t, json.Unmarshal([]byte(a.body), &decoded), a.body)
	}
	return decoded, a
}

// deadMail returns the id of a dead mail, which it makes.
func (ts *testServer) deadMail() string {
	ts.fakes.mu.Lock()
	defer ts.fakes.mu.Unlock()
	if len(ts.fakes.dead) == 0 {
		ts.fakes.dead = []eventra.DeadMail{{Mail: eventra.Tickets(newID())}}
	}
	return ts.fakes.dead[0].Mail.String()
}
