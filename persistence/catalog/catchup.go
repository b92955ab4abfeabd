package catalog

import (
	"bytes"
	"context"

	"github.com/eventra/eventra"
)

// VersionedDetails are details whose versions can be listed.
type VersionedDetails interface {
	// Versions lists up to limit events by their ids, which follow after.
	Versions(ctx context.Context, after eventra.ID, limit int) ([]eventra.EventVersion, error)
	MarkUncopied(ctx context.Context, id eventra.ID) error
}

// VersionedSales list events likewise, with the versions that their terms are of.
type VersionedSales interface {
	Versions(ctx context.Context, after eventra.ID, limit int) ([]eventra.EventVersion, error)
}

// Difference is how events and their sales differ after one of their stores was restored.
type Difference struct {
	Later   int                    // events that have changed since; their terms are copied again
	Missing []eventra.EventVersion // events without a sale; their terms are copied, their seats are gone
	Earlier []eventra.EventVersion // events whose details are older than their sale's terms
	Gone    []eventra.EventVersion // sales without an event
}

// versionsPage is how many events are compared at a time.
const versionsPage = 1000

// CatchUp compares all events with their sales, and lets the copier of an instance bring sales
// up to date. A dry run only compares.
func CatchUp(ctx context.Context, details VersionedDetails, sales VersionedSales, dryRun bool) (*Difference, error) {
	d, written, sold := &Difference{}, versions{list: details.Versions}, versions{list: sales.Versions}
	for {
		event, err := written.peek(ctx)
		if err != nil {
			return d, err
		}
		sale, err := sold.peek(ctx)
		switch {
		case err != nil:
			return d, err
		case event == nil && sale == nil:
			return d, nil
		}
		outdated := d.note(event, sale)
		if outdated && !dryRun {
			if err := details.MarkUncopied(ctx, event.ID); err != nil {
				return d, err
			}
		}
		order := compareVersions(event, sale)
		if order <= 0 {
			written.skip()
		}
		if order >= 0 {
			sold.skip()
		}
	}
}

// note notes the difference of the first event and the first sale, which may be of another
// event, and reports whether the event has to be copied.
func (d *Difference) note(event, sale *eventra.EventVersion) (outdated bool) {
	switch order := compareVersions(event, sale); {
	case order < 0:
		d.Missing = append(d.Missing, *event)
		return true
	case order > 0:
		d.Gone = append(d.Gone, *sale)
	case event.Version > sale.Version || event.SeatsTotal != sale.SeatsTotal:
		d.Later++
		return true
	case event.Version < sale.Version:
		d.Earlier = append(d.Earlier, *event)
	}
	return false
}

// compareVersions orders events by their ids; none comes last.
func compareVersions(a, b *eventra.EventVersion) int {
	switch {
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return bytes.Compare(a.ID[:], b.ID[:])
}

// versions reads events page by page.
type versions struct {
	list func(ctx context.Context, after eventra.ID, limit int) ([]eventra.EventVersion, error)
	last eventra.ID
	page []eventra.EventVersion
	done bool
}

// peek returns the next event, nil after the last.
func (v *versions) peek(ctx context.Context) (next *eventra.EventVersion, err error) {
	if len(v.page) == 0 && !v.done {
		if v.page, err = v.list(ctx, v.last, versionsPage); err != nil {
			return nil, err
		}
		v.done = len(v.page) < versionsPage
	}
	if len(v.page) == 0 {
		return nil, nil
	}
	return &v.page[0], nil
}

func (v *versions) skip() {
	v.last = v.page[0].ID
	v.page = v.page[1:]
}
