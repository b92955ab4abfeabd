package redis

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra"
)

const (
	deniedChannel = keyPrefix + "denied"
	// deniedNewsMax bounds what waits to be published. What finds no room is
	// heard by the others a second later, from the authority.
	deniedNewsMax = 1024

	deniedPollInterval = time.Second
	deniedPollTimeout  = 2 * time.Second
	// deniedOverlap is how far each poll looks back: a transaction's rows have
	// the time of its begin and are seen after its end.
	deniedOverlap = 30 * time.Second
)

// DeniedSource is the authority over logged-out tokens.
type DeniedSource interface {
	// DeniedSince lists the tokens denied after a time, by the source's clock,
	// that have not expired.
	DeniedSince(ctx context.Context, after time.Time) ([]eventra.DeniedToken, error)
}

// DeniedTokens knows the logged-out access tokens of all instances:
// http.DeniedTokens. News come through Redis within milliseconds, and from the
// authority within seconds if Redis loses them.
type DeniedTokens struct {
	db    *DB
	news  chan eventra.DeniedToken
	ready atomic.Bool

	mu    sync.RWMutex
	until map[eventra.ID]time.Time
}

// NewDeniedTokens makes an empty list; Run fills it.
func NewDeniedTokens(db *DB) *DeniedTokens {
	return &DeniedTokens{db: db, news: make(chan eventra.DeniedToken, deniedNewsMax), until: map[eventra.ID]time.Time{}}
}

// Denied implements http.DeniedTokens.
func (d *DeniedTokens) Denied(accessID eventra.ID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	until, denied := d.until[accessID]
	return denied && time.Now().Before(until)
}

// Deny implements http.DeniedTokens.
func (d *DeniedTokens) Deny(accessID eventra.ID, until time.Time) {
	d.add(accessID, until)
	select {
	case d.news <- eventra.DeniedToken{AccessID: accessID, ExpiresAt: until}:
	default:
	}
}

func (d *DeniedTokens) add(accessID eventra.ID, until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if until.After(d.until[accessID]) {
		d.until[accessID] = until
	}
}

// Ready reports whether all tokens that were denied before are known. Until
// then a request may not be served: a token that was logged out would pass.
func (d *DeniedTokens) Ready() bool { return d.ready.Load() }

// Run learns from the source and from other instances, and tells them, until
// ctx ends.
func (d *DeniedTokens) Run(ctx context.Context, source DeniedSource) {
	var running sync.WaitGroup
	running.Go(func() { d.db.subscribe(ctx, deniedChannel, func(context.Context) {}, d.heard) })
	running.Go(func() { d.publish(ctx) })
	running.Go(func() { d.poll(ctx, source) })
	running.Wait()
}

func (d *DeniedTokens) publish(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case token := <-d.news:
			message := token.AccessID.String() + " " + strconv.FormatInt(token.ExpiresAt.UnixMilli(), 10)
			if err := d.db.client.Publish(ctx, deniedChannel, message).Err(); err != nil {
				slog.Debug("redis: log-out not published; others learn of it from the authority", "error", err)
			}
		}
	}
}

func (d *DeniedTokens) heard(message string) {
	if id, until, ok := parseDenied(message); ok {
		d.add(id, until)
	}
}

func parseDenied(message string) (id eventra.ID, until time.Time, ok bool) {
	text, expires, _ := strings.Cut(message, " ")
	id, errID := eventra.ParseID(text)
	milliseconds, errTime := strconv.ParseInt(expires, 10, 64)
	return id, time.UnixMilli(milliseconds), errID == nil && errTime == nil
}

func (d *DeniedTokens) poll(ctx context.Context, source DeniedSource) {
	ticker := time.NewTicker(deniedPollInterval)
	defer ticker.Stop()
	var seen time.Time // the source's latest so far
	for {
		if latest, err := d.learn(ctx, source, seen); err == nil {
			seen = latest
			d.ready.Store(true)
		} else if ctx.Err() == nil {
			slog.Debug("logged-out tokens not read; trying again", "error", err)
		}
		d.dropExpired(time.Now())
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (d *DeniedTokens) learn(ctx context.Context, source DeniedSource, seen time.Time) (latest time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, deniedPollTimeout)
	defer cancel()
	after := seen
	if !seen.IsZero() {
		after = seen.Add(-deniedOverlap)
	}
	tokens, err := source.DeniedSince(ctx, after)
	for _, token := range tokens {
		d.add(token.AccessID, token.ExpiresAt)
		if token.DeniedAt.After(seen) {
			seen = token.DeniedAt
		}
	}
	return seen, err
}

func (d *DeniedTokens) dropExpired(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, until := range d.until {
		if !now.Before(until) {
			delete(d.until, id)
		}
	}
}
