package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/eventra/eventra"
)

var (
	errEventNotFound = eventra.NoSuchEvent()
	errOtherVersion  = eventra.Errorf(eventra.CodePreconditionFailed, "the event has changed meanwhile")
)

// Insert stores a new event, whose terms are not copied yet. It reports false, and
// changes nothing, if the id exists.
func (db *DB) Insert(ctx context.Context, e *eventra.Event) (inserted bool, err error) {
	doc, err := newDocument(e, false)
	if err != nil {
		return false, err
	}
	err = db.breaker.call(ctx, func(ctx context.Context) error {
		_, err := db.events.InsertOne(ctx, doc)
		inserted = err == nil
		if mongo.IsDuplicateKeyError(err) {
			return nil
		}
		return translate(err)
	})
	return inserted, err
}

// Get returns one event, and whether its terms are copied: see [DB.MarkCopied].
// CodeEventNotFound if there is none.
func (db *DB) Get(ctx context.Context, id eventra.ID) (e *eventra.Event, copied bool, err error) {
	err = db.breaker.call(ctx, func(ctx context.Context) error {
		e, copied, err = one(db.events.FindOne(ctx, byID(id)))
		return err
	})
	return e, copied, err
}

// Replace stores e as the next version, with terms that are not copied yet.
// CodePreconditionFailed unless version e.Version-1 is stored.
func (db *DB) Replace(ctx context.Context, e *eventra.Event) error {
	doc, err := newDocument(e, false)
	if err != nil {
		return err
	}
	return db.breaker.call(ctx, func(ctx context.Context) error {
		result, err := db.events.ReplaceOne(ctx, byVersion(e.ID, e.Version-1), doc)
		if err != nil {
			return translate(err)
		}
		if result.MatchedCount == 0 {
			return errOtherVersion
		}
		return nil
	})
}

// Delete removes an event; an unknown id is no error.
func (db *DB) Delete(ctx context.Context, id eventra.ID) error {
	return db.breaker.call(ctx, func(ctx context.Context) error {
		_, err := db.events.DeleteOne(ctx, byID(id))
		return translate(err)
	})
}

func byID(id eventra.ID) bson.D { return bson.D{{Key: "_id", Value: id.String()}} }

func byVersion(id eventra.ID, version int64) bson.D {
	return append(byID(id), bson.E{Key: "version", Value: version})
}

func one(result *mongo.SingleResult) (*eventra.Event, bool, error) {
	if err := result.Err(); errors.Is(err, mongo.ErrNoDocuments) {
		return nil, false, errEventNotFound
	} else if err != nil {
		return nil, false, translate(err)
	}
	return decode(result.Decode)
}

func decode(into func(any) error) (e *eventra.Event, copied bool, err error) {
	var doc document
	if err := into(&doc); err != nil {
		return nil, false, fmt.Errorf("mongo: unreadable document: %w", err)
	}
	e, err = doc.event()
	return e, doc.Copied, err
}
