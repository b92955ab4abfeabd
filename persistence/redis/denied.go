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
	// unpublishedMax bounds the denials that wait to be published. If there is no
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
	// DeniedSince lists the denials that were made after a time, by the source's clock, and
	// have not expired.
	DeniedSince(ctx context.Context, after time.Time) ([]eventra.Denial, error)
}

// DeniedTokens holds the denials of access tokens that all instances have made. They
// arrive through Redis within milliseconds, or from the source within seconds if Redis
// loses them. It implements http.DeniedTokens.
type DeniedTokens struct {
	db    *DB
	ready atomic.Bool
	// unpublished are denials made here that other instances do not know yet.
	unpublished chan eventra.Denial

	mu      sync.RWMutex
	denials map[eventra.ID]denial // by subject
}

// denial is what is remembered of an [eventra.Denial].
type denial struct {
	below int
	until time.Time
}

// NewDeniedTokens makes an empty DeniedTokens, which Run fills.
func NewDeniedTokens(db *DB) *DeniedTokens {
	return &DeniedTokens{db: db, unpublished: make(chan eventra.Denial, unpublishedMax), denials: map[eventra.ID]denial{}}
}

// Denied implements http.DeniedTokens.
func (d *DeniedTokens) Denied(token *eventra.AccessTokenID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if len(d.denials) == 0 {
		return false
	}
	now := time.Now()
	for _, subject := range [...]eventra.ID{token.SessionID, token.UserID, token.AccessID} {
		if found, ok := d.denials[subject]; ok && token.Version < found.below && now.Before(found.until) {
			return true
		}
	}
	return false
}

// Deny implements http.DeniedTokens.
func (d *DeniedTokens) Deny(made eventra.Denial) {
	d.add(made)
	select {
	case d.unpublished <- made:
	default:
	}
}

// add keeps the wider of two denials of one subject.
func (d *DeniedTokens) add(made eventra.Denial) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.denials[made.Subject]
	if made.ExpiresAt.After(known.until) {
		known.until = made.ExpiresAt
	}
	known.below = max(known.below, made.BelowVersion)
	d.denials[made.Subject] = known
}

// Ready reports whether the denials that were made before the start are known.
// Until then no request may be served, since a denied token would pass.
func (d *DeniedTokens) Ready() bool { return d.ready.Load() }

// Run exchanges denials with the other instances, and polls the source,
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
		case made := <-d.unpublished:
			if err := d.db.AnnounceDenial(ctx, made); err != nil {
				slog.Debug("denial not published: other instances read it from the source", "error", err)
			}
		}
	}
}

// AnnounceDenial tells all instances of a denial that the source has.
func (db *DB) AnnounceDenial(ctx context.Context, made eventra.Denial) error {
	return db.client.Publish(ctx, deniedChannel, formatDenial(made)).Err()
}

func (d *DeniedTokens) receive(message string) {
	if made, ok := parseDenial(message); ok {
		d.add(made)
	}
}

// formatDenial writes the subject, the end in milliseconds and, unless all versions are
// denied, the version. Members of the previous release know the first two.
func formatDenial(made eventra.Denial) string {
	message := made.Subject.String() + " " + strconv.FormatInt(made.ExpiresAt.UnixMilli(), 10)
	if made.BelowVersion != eventra.AllVersions {
		message += " " + strconv.Itoa(made.BelowVersion)
	}
	return message
}

func parseDenial(message string) (made eventra.Denial, ok bool) {
	subject, rest, _ := strings.Cut(message, " ")
	expires, version, versioned := strings.Cut(rest, " ")
	id, errID := eventra.ParseID(subject)
	milliseconds, errTime := strconv.ParseInt(expires, 10, 64)
	below, errVersion := int64(eventra.AllVersions), error(nil)
	if versioned {
		below, errVersion = strconv.ParseInt(version, 10, 32)
	}
	made = eventra.Denial{Subject: id, BelowVersion: int(below), ExpiresAt: time.UnixMilli(milliseconds)}
	return made, errID == nil && errTime == nil && errVersion == nil
}

func (d *DeniedTokens) poll(ctx context.Context, source DeniedSource) {
	ticker := time.NewTicker(deniedPollInterval)
	defer ticker.Stop()
	var latest time.Time // of the denials read, by the source's clock
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

// read adds the denials made since latest, and returns the time of the newest.
func (d *DeniedTokens) read(ctx context.Context, source DeniedSource, latest time.Time) (newest time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, deniedPollTimeout)
	defer cancel()
	after := latest
	if !latest.IsZero() {
		after = latest.Add(-deniedOverlap)
	}
	denials, err := source.DeniedSince(ctx, after)
	for _, made := range denials {
		d.add(made)
		if made.DeniedAt.After(latest) {
			latest = made.DeniedAt
		}
	}
	return latest, err
}

func (d *DeniedTokens) dropExpired(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for subject, known := range d.denials {
		if !now.Before(known.until) {
			delete(d.denials, subject)
		}
	}
}
