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
	// unpublishedMax bounds the tokens that wait to be published. If there is no
	// room for one, the other instances read it from the source a second later.
	unpublishedMax = 1024

	deniedPollInterval = time.Second
	deniedPollTimeout  = 2 * time.Second
	// deniedOverlap is how far each poll looks back: rows carry the time at which
	// their transaction began, and are visible after its end.
	deniedOverlap = 30 * time.Second
)

// DeniedSource is the store that decides which tokens are denied.
type DeniedSource interface {
	// DeniedSince lists the tokens that were denied after a time, by the source's
	// clock, and have not expired.
	DeniedSince(ctx context.Context, after time.Time) ([]eventra.DeniedToken, error)
}

// DeniedTokens holds the denied access tokens of all instances. They arrive
// through Redis within milliseconds, or from the source within seconds if Redis
// loses them. It implements http.DeniedTokens.
type DeniedTokens struct {
	db    *DB
	ready atomic.Bool
	// unpublished are tokens denied here that other instances do not know yet.
	unpublished chan eventra.DeniedToken

	mu    sync.RWMutex
	until map[eventra.ID]time.Time
}

// NewDeniedTokens makes an empty DeniedTokens, which Run fills.
func NewDeniedTokens(db *DB) *DeniedTokens {
	return &DeniedTokens{db: db, unpublished: make(chan eventra.DeniedToken, unpublishedMax), until: map[eventra.ID]time.Time{}}
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
	case d.unpublished <- eventra.DeniedToken{AccessID: accessID, ExpiresAt: until}:
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

// Ready reports whether the tokens that were denied before the start are known.
// Until then no request may be served, since a denied token would pass.
func (d *DeniedTokens) Ready() bool { return d.ready.Load() }

// Run exchanges denied tokens with the other instances, and polls the source,
// until ctx ends.
func (d *DeniedTokens) Run(ctx context.Context, source DeniedSource) {
	var running sync.WaitGroup
	running.Go(func() { d.db.subscribe(ctx, deniedChannel, func(context.Context) {}, d.receive) })
	running.Go(func() { d.publish(ctx) })
	running.Go(func() { d.poll(ctx, source) })
	running.Wait()
}

func (d *DeniedTokens) publish(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case token := <-d.unpublished:
			message := token.AccessID.String() + " " + strconv.FormatInt(token.ExpiresAt.UnixMilli(), 10)
			if err := d.db.client.Publish(ctx, deniedChannel, message).Err(); err != nil {
				slog.Debug("denied token not published: other instances read it from the source", "error", err)
			}
		}
	}
}

func (d *DeniedTokens) receive(message string) {
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
	var latest time.Time // of the tokens read, by the source's clock
	for {
		if newest, err := d.read(ctx, source, latest); err == nil {
			latest = newest
			d.ready.Store(true)
		} else if ctx.Err() == nil {
			slog.Debug("denied tokens not read; trying again", "error", err)
		}
		d.dropExpired(time.Now())
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// read adds the tokens denied since latest, and returns the time of the newest.
func (d *DeniedTokens) read(ctx context.Context, source DeniedSource, latest time.Time) (newest time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, deniedPollTimeout)
	defer cancel()
	after := latest
	if !latest.IsZero() {
		after = latest.Add(-deniedOverlap)
	}
	tokens, err := source.DeniedSince(ctx, after)
	for _, token := range tokens {
		d.add(token.AccessID, token.ExpiresAt)
		if token.DeniedAt.After(latest) {
			latest = token.DeniedAt
		}
	}
	return latest, err
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
