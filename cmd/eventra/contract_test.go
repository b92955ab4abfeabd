//go:build !race

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/cmd/eventra/contract"
	"github.com/eventra/eventra/docs"
)

const (
	contractRequests = 500 // for each operation
	contractWorkers  = 8
	contractMost     = 30 * time.Minute
)

// TestContract sends generated requests to every operation of the document, and judges every
// answer by the document. To repeat a run: EVENTRA_CONTRACT_SEED, EVENTRA_CONTRACT_REQUESTS for
// each operation, and EVENTRA_CONTRACT_ONLY, an operation's id or the name of one case.
func TestContract(t *testing.T) {
	p := start(t, func(c *app.Config) { c.PaymentTimeout = 500 * time.Millisecond })
	document, err := contract.Read(docs.OpenAPI)
	require.NoError(t, err)
	seed := setting(t, "SEED", rand.Uint64()>>1)
	t.Logf("EVENTRA_CONTRACT_SEED=%d", seed)
	ctx, cancel := context.WithTimeout(t.Context(), contractMost)
	defer cancel()
	worlds := &contractWorlds{p: p, ended: expired(p, p.admin)}
	report, err := contract.Run(ctx, contract.Config{
		Document: document, Host: strings.TrimPrefix(p.url, "http://"), Seed: seed, Workers: contractWorkers,
		Requests: int(setting(t, "REQUESTS", contractRequests)), Only: os.Getenv("EVENTRA_CONTRACT_ONLY"), World: worlds.get})
	require.NoError(t, err)
	for _, f := range report.Findings {
		t.Error(f)
	}
	for operation, statuses := range report.Statuses {
		t.Log(operation, statuses, report.Seconds[operation])
	}
	t.Log(report.Requests, "requests")
	p.must(200, "GET", "/healthz", "", nil)
}

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv("EVENTRA_CONTRACT_" + name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, "EVENTRA_CONTRACT_%s", name)
	return n
}

// contractWorlds makes what the generated requests refer to.
type contractWorlds struct {
	p      *program
	ended  string          // a token that has expired
	unused *contract.World // for operations that change nothing
	made   time.Time
}

// worldsAge is less than the life of an access token.
const worldsAge = 10 * time.Minute

// changing are the operations that need a world of their own.
var changing = []string{"updateEvent", "publishEvent", "deleteEvent", "cancelEvent", "addSeats", "pay", "releaseBooking", "refundBooking", "createBooking", "logout", "refresh",
	"logoutAll", "endSession", "changePassword", "changeMe", "eraseMe", "updateUser"}

func (w *contractWorlds) get(op *contract.Operation) (*contract.World, error) {
	if slices.Contains(changing, op.ID) {
		w.made = time.Time{} // it may end sessions of the administrator, which all worlds share
		return w.make(op), nil
	}
	if time.Since(w.made) > worldsAge {
		w.unused, w.made = w.make(op), time.Now()
	}
	return w.unused, nil
}

func (w *contractWorlds) make(op *contract.Operation) *contract.World {
	p := w.p
	p.admin = p.login(adminEmail, adminPassword)
	user, email := p.user()
	other, _ := p.user()
	world := &contract.World{Email: email, Password: "correct horse", Keys: []string{"again-1", "again-2", uuid.NewString()},
		Tokens: map[string]string{"user": user, "other": other, "admin": p.admin, "ended": w.ended}}
	for range 2 {
		world.Events = append(world.Events, p.event(9, 20, object{"maxSeatsPerBooking": 50}))
	}
	drafts, bookings, sessions := 2, 8, 4
	switch op.ID { // what each request uses up
	case "publishEvent", "deleteEvent", "updateEvent":
		drafts = 12
	case "pay", "releaseBooking", "refundBooking":
		bookings = 80
	case "logout", "refresh":
		sessions = 80
	}
	for range drafts {
		world.Events = append(world.Events, p.must(201, "POST", "/events", p.admin, eventBody()).text("id"))
		if op.ID == "publishEvent" {
			p.must(201, "POST", "/events/"+world.Events[len(world.Events)-1]+"/seats", p.admin, seatsOf("A"))
		}
	}
	cancelled := p.event(1, 1, nil)
	p.must(200, "POST", "/events/"+cancelled+"/cancel", p.admin, nil)
	world.Events = append(world.Events, cancelled)
	for i := range bookings {
		booking := p.hold(user, world.Events[0], fmt.Sprintf("A-%d-%d", 9-i/20, 1+i%20)).text("id")
		world.Bookings = append(world.Bookings, booking)
		if i%8 == 0 || op.ID == "refundBooking" {
			p.must(201, "POST", "/bookings/"+booking+"/payments", user, object{"method": "mock", "token": "tok_ok"})
		}
	}
	if op.ID != "refundBooking" {
		p.must(200, "DELETE", "/bookings/"+world.Bookings[1], user, nil)
	}
	world.Bookings = append(world.Bookings, p.hold(other, world.Events[0], "A-1-20").text("id"))
	for range sessions {
		in := p.must(200, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})
		world.Sessions = append(world.Sessions, contract.Session{Access: in.text("accessToken"), Refresh: in.text("refreshToken")})
	}
	return world
}
