package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// program is a whole instance on real servers, with its own databases, that a test
// calls over HTTP.
type program struct {
	t     *testing.T
	cfg   *app.Config
	app   *app.App
	with  []app.Option
	log   *slog.Logger
	url   string
	admin string // access token
	http  *http.Client
}

const adminEmail, adminPassword = "root@eventra.test", "root-password"

// start starts a program, after each change has edited its configuration.
func start(t *testing.T, changes ...func(*app.Config)) *program {
	t.Helper()
	cfg := testConfig(t)
	for _, change := range changes {
		change(cfg)
	}
	return startWith(t, cfg)
}

func startWith(t *testing.T, cfg *app.Config, options ...app.Option) *program {
	t.Helper()
	return startLoggingTo(t, cfg, testLogger(t), options...)
}

func startLoggingTo(t *testing.T, cfg *app.Config, log *slog.Logger, options ...app.Option) *program {
	t.Helper()
	p := &program{t: t, cfg: cfg, with: options, log: log, http: &http.Client{Timeout: 30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 512}}}
	p.boot()
	t.Cleanup(func() {
		p.stop()
		p.http.CloseIdleConnections()
	})
	p.admin = p.login(cfg.AdminEmail, cfg.AdminPassword)
	return p
}

// boot starts the program on its stores. After stop it is a restart.
func (p *program) boot() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var err error
	p.app, err = app.Start(ctx, p.cfg, p.log, p.with...)
	require.NoError(p.t, err)
	p.url = "http://" + p.app.Addr()
}

func (p *program) stop() {
	if p.app == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	require.NoError(p.t, p.app.Stop(ctx))
	p.app = nil
}

// testLog passes log lines to the test while it runs. A goroutine may log after the
// test's end, when the test's own log would panic.
type testLog struct{ t *testing.T }

func testLogger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (l testLog) Write(line []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Logf("%s", bytes.TrimRight(line, "\n"))
	}
	return len(line), nil
}

func testConfig(t *testing.T) *app.Config {
	t.Helper()
	return &app.Config{
		HTTPAddr:       "127.0.0.1:0",
		PostgresURL:    persistencetest.NewDatabase(t),
		MongoURL:       persistencetest.NewMongo(t),
		RedisURL:       persistencetest.NewRedis(t),
		SMTPURL:        persistencetest.Server(t, "EVENTRA_SMTP_URL"),
		MailFrom:       "Eventra <tickets@eventra.test>",
		JWTSecret:      "an-end-to-end-secret-of-32-bytes-or-more",
		AdminEmail:     adminEmail,
		AdminPassword:  adminPassword,
		EventQueueMax:  10000,
		MailRate:       1000,
		PaymentGateway: "mock",
		PaymentTimeout: 2 * time.Second,
		LogFormat:      "text",
		PasswordCost:   bcrypt.MinCost,
	}
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any // nil if it is not a JSON object
}

func (a *answer) String() string { return fmt.Sprintf("%d %s", a.status, a.raw) }

func (a *answer) text(key string) string { s, _ := a.body[key].(string); return s }

// call sends a JSON request; headers come as "Name: value".
func (p *program) call(method, path, token string, body any, headers ...string) *answer {
	a, err := p.try(method, path, token, body, headers...)
	if err != nil { // no FailNow: other goroutines call this, too
		p.t.Errorf("%s %s: %v", method, path, err)
		return &answer{header: http.Header{}}
	}
	return a
}

func (p *program) try(method, path, token string, body any, headers ...string) (*answer, error) {
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(text)
	}
	if strings.HasPrefix(path, "/auth") || strings.HasPrefix(path, "/events") || strings.HasPrefix(path, "/bookings") || strings.HasPrefix(path, "/admin") {
		path = "/api/v1" + path
	}
	req, err := http.NewRequest(method, p.url+path, reader)
	if err != nil {
		return nil, err
	}
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a := &answer{status: resp.StatusCode, header: resp.Header}
	if a.raw, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	_ = json.Unmarshal(a.raw, &a.body) // not every answer is an object
	checkAgainstOpenAPI(p.t, req, a)
	return a, nil
}

// must calls and requires a status.
func (p *program) must(status int, method, path, token string, body any, headers ...string) *answer {
	p.t.Helper()
	a := p.call(method, path, token, body, headers...)
	require.Equal(p.t, status, a.status, "%s %s: %s", method, path, a.raw)
	return a
}

type object = map[string]any

func (p *program) login(email, password string) string {
	p.t.Helper()
	return p.must(200, "POST", "/auth/login", "", object{"email": email, "password": password}).text("accessToken")
}

// user registers a new user and returns an access token and the address. A busy
// machine may answer 503, also for an account that it made. Then the next call says
// that the address is taken, and user logs in instead.
func (p *program) user() (token, email string) {
	email = uuid.NewString() + "@example.org"
	account := object{"email": email, "password": "correct horse", "name": "Somebody"}
	unclear, path := false, "/auth/register"
	for range 10 {
		a := p.call("POST", path, "", account)
		switch {
		case a.status == http.StatusCreated || a.status == http.StatusOK:
			return a.text("accessToken"), email
		case a.status == http.StatusServiceUnavailable:
			unclear = true
		case a.status == http.StatusConflict && unclear:
			delete(account, "name")
			path = "/auth/login"
		default:
			p.t.Errorf("%s: %v", path, a)
			return "", email
		}
	}
	p.t.Error("no user could be registered")
	return "", email
}

// users registers n users.
func (p *program) users(n int) []string {
	p.t.Helper()
	tokens := make([]string, n)
	parallel(n, 4, func(i int) { tokens[i], _ = p.user() })
	require.False(p.t, p.t.Failed())
	return tokens
}

// event publishes an event of rows × seats in section A. terms override fields of
// the body.
func (p *program) event(rows, seats int, terms object) (id string) {
	p.t.Helper()
	body := eventBody()
	maps.Copy(body, terms)
	id = p.must(201, "POST", "/events", p.admin, body).text("id")
	p.must(201, "POST", "/events/"+id+"/seats", p.admin, object{"sections": []object{{
		"name": "A", "rowCount": rows, "seatsPerRow": seats, "price": object{"amount": 2500, "currency": "EUR"}}}})
	p.must(200, "POST", "/events/"+id+"/publish", p.admin, nil)
	return id
}

func eventBody() object {
	starts := time.Now().UTC().AddDate(0, 1, 0)
	return object{
		"title": "A show", "description": "Of something", "category": "concert", "tags": []string{"a", "b"},
		"venue":    object{"name": "Hall", "address": "Street 1", "city": "Berlin", "country": "DE", "timezone": "Europe/Berlin"},
		"startsAt": starts.Format(time.RFC3339), "endsAt": starts.Add(time.Hour).Format(time.RFC3339),
		"maxSeatsPerCustomer": 1_000_000, // few buyers hold a whole house here
		"attributes":          object{"floor": 2, "nested": object{"list": []any{1, "two", nil}}},
	}
}

func (p *program) hold(token, event string, seats ...string) *answer {
	return p.call("POST", "/bookings", token, object{"eventId": event, "seats": seats})
}

// seatStatus returns the status of every seat of an event, by name.
func (p *program) seatStatus(event string) map[string]string {
	p.t.Helper()
	all := map[string]string{}
	for _, s := range p.must(200, "GET", "/events/"+event+"/seats", "", nil).body["seats"].([]any) {
		seat := s.(object)
		all[seat["seat"].(string)] = seat["status"].(string)
	}
	return all
}

// eventually waits for a condition for at most the limit.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, limit, 10*time.Millisecond, what)
}

// parallel calls f for 0 … n-1, at most width calls at once.
func parallel(n, width int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(width, n) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// message is a mail as the development mail server shows it.
type message struct {
	MessageID string   `json:"messageId"`
	To        []string `json:"to"`
	Subject   string   `json:"subject"`
	Text      string   `json:"text"`
	HTML      string   `json:"html"`
}

func mailsTo(t *testing.T, address string) (mails []message) {
	t.Helper()
	resp, err := http.Get(persistencetest.Server(t, "EVENTRA_DEV_MAIL_URL") + "/api/messages?to=" + url.QueryEscape(address))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&mails))
	return mails
}
