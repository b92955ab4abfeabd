package http

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
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

// world is a server over fakes, with a user, an admin and an event of each kind.
type world struct {
	t      *testing.T
	fakes  *fakes
	server *Server
	url    string
	log    *logBuffer

	user, other, admin                      *eventra.User
	userToken, otherToken, adminToken       string
	published, draft, bookingID, otherBooks string
}

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, fakes: newFakes(), log: &logBuffer{}}
	cfg := w.config()
	for _, c := range change {
		c(&cfg)
	}
	var err error
	w.server, err = NewServer(cfg)
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- w.server.Serve(ln) }()
	w.server.Ready()
	w.url = "http://" + ln.Addr().String()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, w.server.Shutdown(ctx))
		require.NoError(t, <-served)
	})
	w.populate()
	return w
}

// config is of a server that looks at as little as it can.
func (w *world) config() Config {
	f := w.fakes
	return Config{
		Users: f, DeniedTokens: f, Catalog: f, SeatMaps: f, BoxOffice: f, Payments: f, Bookings: f,
		IdempotencyKeys: fakeKeys{f}, RateCounters: f, Members: f,
		Metrics: prometheus.NewRegistry(), Log: slog.New(slog.NewJSONHandler(w.log, nil)),
		JWTSecret: []byte(testSecret), PasswordCost: bcrypt.MinCost, Version: "test",
	}
}

func (w *world) populate() {
	w.user, w.userToken = w.account("user@example.com", eventra.RoleUser)
	w.other, w.otherToken = w.account("other@example.com", eventra.RoleUser)
	w.admin, w.adminToken = w.account("admin@example.com", eventra.RoleAdmin)
	w.published, w.draft = w.event(eventra.EventPublished), w.event(eventra.EventDraft)
	w.bookingID = w.booking(w.user.ID)
	w.otherBooks = w.booking(w.other.ID)
}

const testPassword = "correct horse"

func (w *world) account(email string, role eventra.Role) (*eventra.User, string) {
	hash, err := bcrypt.GenerateFromPassword([]byte(testPassword), bcrypt.MinCost)
	require.NoError(w.t, err)
	u := &eventra.User{ID: newID(), Email: email, Name: "Somebody", Role: role, PasswordHash: hash, CreatedAt: time.Now()}
	w.fakes.users[u.ID] = u
	token, err := w.server.accessTokens.Issue(u, newID(), time.Now())
	require.NoError(w.t, err)
	return u, token
}

func (w *world) event(status eventra.EventStatus) string {
	at := time.Date(2030, 5, 1, 19, 30, 0, 0, time.UTC)
	e := &eventra.Event{ID: newID(), Title: "Concert", Category: "music", Tags: []string{"live"},
		Venue:    eventra.Venue{Name: "Hall", City: "Berlin", Timezone: "Europe/Berlin"},
		StartsAt: at, EndsAt: at.Add(2 * time.Hour), Attributes: json.RawMessage(`{"a":{"b":1,"c":2}}`),
		CreatedAt: at, UpdatedAt: at, Version: 3}
	e.Status, e.HoldSeconds, e.MaxSeatsPerBooking = status, 600, 10
	w.fakes.events[e.ID] = e
	w.fakes.seats[e.ID] = []eventra.Seat{
		{Section: "A", Row: "1", Number: 1, Price: eventra.Money{Amount: 1500, Currency: "EUR"}},
		{Section: `B "é"`, Row: "2", Number: 7, Price: eventra.Money{Amount: 900, Currency: "EUR"}}}
	return e.ID.String()
}

func (w *world) booking(userID eventra.ID) string {
	eventID, err := eventra.ParseID(w.published)
	require.NoError(w.t, err)
	b, err := w.fakes.Hold(context.Background(), eventID, &eventra.HoldSeats{BookingID: newID(), UserID: userID})
	require.NoError(w.t, err)
	return b.ID.String()
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
}

// problem reads the body as a problem and checks its form.
func (w *world) problem(a answer, status int, code eventra.Code) Problem {
	w.t.Helper()
	require.Equal(w.t, status, a.StatusCode, a.body)
	require.Equal(w.t, "application/problem+json", a.Header.Get("Content-Type"), a.body)
	var p Problem
	require.NoError(w.t, json.Unmarshal([]byte(a.body), &p), a.body)
	require.Equal(w.t, string(code), p.Code, a.body)
	require.Equal(w.t, status, p.Status)
	require.Equal(w.t, a.Header.Get("X-Request-Id"), p.RequestID)
	require.NotEmpty(w.t, p.RequestID)
	require.NotEmpty(w.t, p.Type)
	require.NotEmpty(w.t, p.Title)
	require.NotEmpty(w.t, p.Detail)
	if status == 503 || status == 429 {
		require.Regexp(w.t, `^[1-9]\d*$`, a.Header.Get("Retry-After"))
	}
	if status == 401 {
		require.Equal(w.t, "Bearer", a.Header.Get("WWW-Authenticate"))
	}
	return p
}

// send makes a request. Headers are "Name: value"; a body is JSON unless a
// Content-Type says otherwise.
func (w *world) send(method, path, token, body string, headers ...string) answer {
	w.t.Helper()
	req, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	require.NoError(w.t, err)
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
	require.NoError(w.t, err)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	if strings.Contains("GET POST PATCH DELETE", method) && !strings.HasPrefix(path, "/api-docs") &&
		resp.StatusCode != 405 && !strings.Contains(string(got), nothingHere) {
		resp.Body = io.NopCloser(bytes.NewReader(got))
		requireContract(w.t, req, resp)
	}
	return answer{resp, string(got)}
}

// nothingHere is said of addresses that no document describes.
const nothingHere = "there is nothing at this address"

// ok sends and expects success, decoded.
func (w *world) ok(status int, method, path, token, body string, headers ...string) (map[string]any, answer) {
	w.t.Helper()
	a := w.send(method, path, token, body, headers...)
	require.Equal(w.t, status, a.StatusCode, a.body)
	var decoded map[string]any
	if a.body != "" {
		require.Equal(w.t, "application/json", a.Header.Get("Content-Type"))
		require.NoError(w.t, json.Unmarshal([]byte(a.body), &decoded), a.body)
	}
	return decoded, a
}
