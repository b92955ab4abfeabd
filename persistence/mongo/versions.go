package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/eventra/eventra"
)

// Versions lists the versions of up to limit events by their ids, which follow after.
func (db *DB) Versions(ctx context.Context, after eventra.ID, limit int) (found []eventra.EventVersion, err error) {
	err = db.breaker.call(ctx, func(ctx context.Context) error {
		cursor, err := db.events.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after.String()}}}},
			options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)).
				SetProjection(bson.D{{Key: "version", Value: 1}, {Key: "title", Value: 1}, {Key: "seatsTotal", Value: 1}}))
		if err != nil {
			return translate(err)
		}
		var docs []struct {
			ID         string `bson:"_id"`
			Version    int64  `bson:"version"`
			Title      string `bson:"title"`
			SeatsTotal int    `bson:"seatsTotal"`
		}
		if err := cursor.All(ctx, &docs); err != nil {
			return translate(err)
		}
		for _, doc := range docs {
			id, err := eventra.ParseID(doc.ID)
			if err != nil {
				return err
			}
			found = append(found, eventra.EventVersion{ID: id, Version: doc.Version, Title: doc.Title, SeatsTotal: doc.SeatsTotal})
		}
		return nil
	})
	return found, err
}
