package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Refold folds the searched texts of events that an earlier release has written,
// at most limit of them, and returns how many it found.
func (db *DB) Refold(ctx context.Context, limit int) (found int, err error) {
	err = db.breaker.call(ctx, func(ctx context.Context) error {
		events, err := db.readAll(ctx, bson.D{{Key: "searchForm", Value: bson.D{{Key: "$ne", Value: searchForm}}}},
			options.Find().SetLimit(int64(limit)))
		if err != nil {
			return err
		}
		for _, e := range events {
			// Another version is stored by now if the filter finds nothing.
			_, err := db.events.UpdateOne(ctx, byVersion(e.ID, e.Version), bson.D{{Key: "$set", Value: bson.D{
				{Key: "search", Value: newSearch(e)}, {Key: "searchForm", Value: searchForm}}}})
			if err != nil {
				return translate(err)
			}
		}
		found = len(events)
		return nil
	})
	return found, err
}
