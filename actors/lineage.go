package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

const (
	// lineagePause is the time between looks at whose commits the store has.
	lineagePause = time.Second
	// lineageTimeout bounds one look.
	lineageTimeout = 2 * time.Second
)

// LineageStore tells whether it still has what was committed before.
type LineageStore interface {
	Lineage(ctx context.Context) (eventra.Lineage, error)
}

// WatchLineage lets all events be read again when the store may have lost commits, as
// after a fail-over or a restore, until ctx ends. Until then an event shows what it
// knows, and only its next write would find out.
func WatchLineage(ctx context.Context, store LineageStore, events *Directory, log *slog.Logger) {
	var known eventra.Lineage
	for {
		look, cancel := context.WithTimeout(ctx, lineageTimeout)
		is, err := store.Lineage(look)
		cancel()
		switch {
		case err != nil:
		case known == (eventra.Lineage{}), is.Continues(known):
			known = is
		default:
			log.Warn("PostgreSQL was restarted, restored or replaced, and may have lost commits: all events are read again",
				"started", is.Server)
			known = is
			events.reloadAll()
		}
		if sleep.For(ctx, lineagePause) != nil {
			return
		}
	}
}

// reloadAll makes all activations of this instance read their events again, and forgets
// what it knows of other members' events.
func (d *Directory) reloadAll() {
	d.replicas.clear()
	if incarnation := d.node.Incarnation(); incarnation != nil {
		incarnation.TellAll(&reload{})
	}
}
