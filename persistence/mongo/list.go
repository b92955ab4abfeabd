package mongo

import (
	"context"
	"regexp"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/eventra/eventra"
)

// List returns events by the time they start, then by id, and the cursor of
// the next page, nil after the last. Unless the filter has a time, events that are
// over come last. Text finds events with all of its words in title, description,
// category or city; category and city compare whole; all compare folded.
func (db *DB) List(ctx context.Context, f eventra.EventFilter, p eventra.Page) (events []*eventra.Event, next *eventra.Cursor, err error) {
	err = db.breaker.call(ctx, func(ctx context.Context) error {
		events, next, err = db.list(ctx, f, p)
		return err
	})
	return events, next, err
}

func (db *DB) list(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error) {
	at := p.Cursor
	if f.From.IsZero() && f.To.IsZero() {
		switch {
		case at == nil:
			return db.listSplit(ctx, f, p.Limit, nil, time.Now().UTC().Truncate(time.Millisecond))
		case !at.Split.IsZero():
			return db.listSplit(ctx, f, p.Limit, at, at.Split)
		}
	}
	events, err := db.find(ctx, filterOf(f, at), p.Limit+1)
	if err != nil || len(events) <= p.Limit {
		return events, nil, err
	}
	last := events[p.Limit-1]
	return events[:p.Limit], &eventra.Cursor{Time: last.StartsAt, ID: last.ID}, nil
}

// listSplit lists the events that end after a time, and then those that do not.
// All pages of a list are split at the time of the first, so that no event changes
// sides in between.
func (db *DB) listSplit(ctx context.Context, f eventra.EventFilter, limit int, after *eventra.Cursor, split time.Time) (
	events []*eventra.Event, next *eventra.Cursor, err error) {
	var ahead int // of the events: not over
	for _, past := range []bool{false, true} {
		begin := after
		switch {
		case after != nil && after.Past && !past:
			continue
		case after != nil && after.Past != past:
			begin = nil // the page before had the last one of the other part
		}
		some, err := db.find(ctx, filterOf(f, begin, endsAfter(split, !past)), limit+1-len(events))
		if err != nil {
			return nil, nil, err
		}
		if events = append(events, some...); !past {
			ahead = len(events)
		}
		if len(events) > limit {
			last := events[limit-1]
			return events[:limit], &eventra.Cursor{Time: last.StartsAt, ID: last.ID, Split: split, Past: limit > ahead}, nil
		}
	}
	return events, nil, nil
}

func endsAfter(split time.Time, after bool) bson.D {
	operator := "$lte"
	if after {
		operator = "$gt"
	}
	return bson.D{{Key: "endsAt", Value: bson.D{{Key: operator, Value: split}}}}
}

// find reads events in the order of lists. One more than a page has tells whether
// there is a next page.
func (db *DB) find(ctx context.Context, filter bson.D, limit int) ([]*eventra.Event, error) {
	return db.readAll(ctx, filter, options.Find().
		SetSort(bson.D{{Key: "startsAt", Value: 1}, {Key: "_id", Value: 1}}).
		SetLimit(int64(limit)))
}

func (db *DB) readAll(ctx context.Context, filter bson.D, how *options.FindOptionsBuilder) ([]*eventra.Event, error) {
	cursor, err := db.events.Find(ctx, filter, how)
	if err != nil {
		return nil, translate(err)
	}
	defer cursor.Close(ctx)
	var events []*eventra.Event
	for cursor.Next(ctx) {
		e, _, err := decode(cursor.Decode)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, translate(cursor.Err())
}

func filterOf(f eventra.EventFilter, after *eventra.Cursor, more ...bson.D) bson.D {
	all := bson.A{}
	for _, condition := range more {
		all = append(all, condition)
	}
	add := func(field string, condition any) {
		all = append(all, bson.D{{Key: field, Value: condition}})
	}
	if !f.WithDrafts {
		add("status", string(eventra.EventPublished))
	}
	if f.Status != "" {
		add("status", string(f.Status))
	}
	if f.Category != "" {
		add("search.category", fold(f.Category))
	}
	if f.City != "" {
		add("search.city", fold(f.City))
	}
	for word := range strings.FieldsSeq(fold(f.Text)) {
		add("search.text", bson.Regex{Pattern: regexp.QuoteMeta(word)})
	}
	if !f.From.IsZero() {
		add("startsAt", bson.D{{Key: "$gte", Value: ceilMillisecond(f.From)}})
	}
	if !f.To.IsZero() {
		add("startsAt", bson.D{{Key: "$lt", Value: ceilMillisecond(f.To)}})
	}
	if after != nil {
		all = append(all, afterCursor(after))
	}
	if len(all) == 0 {
		return bson.D{}
	}
	return bson.D{{Key: "$and", Value: all}}
}

func afterCursor(c *eventra.Cursor) bson.D {
	later := bson.D{{Key: "startsAt", Value: bson.D{{Key: "$gt", Value: c.Time}}}}
	sameTime := bson.D{
		{Key: "startsAt", Value: c.Time},
		{Key: "_id", Value: bson.D{{Key: "$gt", Value: c.ID.String()}}},
	}
	return bson.D{{Key: "$or", Value: bson.A{later, sameTime}}}
}

// ceilMillisecond rounds up. Stored times are whole milliseconds, so they compare
// with the result as with t; truncation would include earlier ones.
func ceilMillisecond(t time.Time) time.Time {
	return t.Add(time.Millisecond - time.Nanosecond).Truncate(time.Millisecond)
}
