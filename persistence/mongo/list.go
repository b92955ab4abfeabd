package mongo

import (
	"context"
	"regexp"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/eventra/eventra"
)

// List returns a page of events, by the time they start and then by id, and the
// cursor of the next page, nil after the last. Text finds events that have all of
// its words in title, description, category or city. Category and city compare as a
// whole. Case does not matter.
func (db *DB) List(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	cursor, err := db.events.Find(ctx, filterOf(f, p.Cursor), options.Find().
		SetSort(bson.D{{Key: "startsAt", Value: 1}, {Key: "_id", Value: 1}}).
		SetLimit(int64(p.Limit)+1)) // one more shows whether there is a next page
	if err != nil {
		return nil, nil, translate(err)
	}
	events, err := readAll(ctx, cursor)
	if err != nil || len(events) <= p.Limit {
		return events, nil, err
	}
	events = events[:p.Limit]
	last := events[len(events)-1]
	return events, &eventra.Cursor{Time: last.StartsAt, ID: last.ID}, nil
}

func readAll(ctx context.Context, cursor *mongo.Cursor) ([]*eventra.Event, error) {
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

func filterOf(f eventra.EventFilter, after *eventra.Cursor) bson.D {
	all := bson.A{}
	add := func(field string, condition any) {
		all = append(all, bson.D{{Key: field, Value: condition}})
	}
	switch {
	case !f.WithDrafts:
		add("status", string(eventra.EventPublished))
	case f.Status != "":
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
