package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/eventra/eventra"
)

// Uncopied lists events whose terms PostgreSQL may not have, the oldest write first.
func (db *DB) Uncopied(ctx context.Context, limit int) (events []*eventra.Event, err error) {
	err = db.breaker.call(ctx, func(ctx context.Context) error {
		events, err = db.readAll(ctx, bson.D{{Key: "copied", Value: false}},
			options.Find().SetSort(bson.D{{Key: "updatedAt", Value: 1}, {Key: "_id", Value: 1}}).SetLimit(int64(limit)))
		return err
	})
	return events, err
}

// MarkCopied notes that PostgreSQL has the terms of this version of the event. It
// does nothing if another version is stored by now.
func (db *DB) MarkCopied(ctx context.Context, id eventra.ID, version int64) error {
	return db.setCopied(ctx, byVersion(id, version), true)
}

// MarkUncopied notes that PostgreSQL and the document are about to differ, so that
// the copier completes the change if this process ends in between.
func (db *DB) MarkUncopied(ctx context.Context, id eventra.ID) error {
	return db.setCopied(ctx, byID(id), false)
}

// termsForm is the form of copied terms. Since 1, a sale without an end of its own
// has the event's end; since 2, a cancelled event has its cancellation.
const termsForm = 2

// MarkStale notes that terms which are copied in an earlier form are to be copied
// again.
func (db *DB) MarkStale(ctx context.Context) error {
	return db.breaker.call(ctx, func(ctx context.Context) error {
		_, err := db.events.UpdateMany(ctx,
			bson.D{{Key: "copied", Value: true}, {Key: "termsForm", Value: bson.D{{Key: "$ne", Value: termsForm}}}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "copied", Value: false}}}})
		return translate(err)
	})
}

func (db *DB) setCopied(ctx context.Context, filter bson.D, copied bool) error {
	update := bson.D{{Key: "$set", Value: bson.D{{Key: "copied", Value: copied}, {Key: "termsForm", Value: termsForm}}}}
	if copied {
		update = append(update, bson.E{Key: "$unset", Value: bson.D{{Key: "audit", Value: ""}}})
	}
	return db.breaker.call(ctx, func(ctx context.Context) error {
		_, err := db.events.UpdateOne(ctx, filter, update)
		return translate(err)
	})
}
