package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// PutCustomer returns the id of a shop's customer, who is made if the shop has none of that
// name. An address and a name replace those known before. Two calls at once make one
// customer. Concurrent calls share a round trip.
func (db *DB) PutCustomer(ctx context.Context, c *eventra.ShopCustomer) (eventra.ID, error) {
	return db.customers.Call(ctx, c)
}

// externalID is by what a shop knows a customer.
type externalID struct{ shop, id string }

func externalIDOf(c *eventra.ShopCustomer) any { return externalID{c.Shop, c.ExternalID} }

// Rows are written in one order, so that two statements do not wait for each other, and only
// for customers who are new or have changed. One whom another transaction has just made is
// found by the conflict.
const putCustomersSQL = `
WITH found AS (
    SELECT asked.*, stored.id AS stored_id,
        stored.id IS NULL OR (coalesce(asked.email, stored.email), coalesce(asked.name, stored.name)) IS DISTINCT FROM (stored.email, stored.name) AS differs
    FROM (
        SELECT id, shop, external_id, nullif(email, '') AS email, nullif(name, '') AS name
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) AS a (id, shop, external_id, email, name)
    ) AS asked
    LEFT JOIN LATERAL (
        SELECT id, email, name FROM customers WHERE shop = asked.shop AND external_id = asked.external_id LIMIT 1
    ) AS stored ON true
), put AS (
    INSERT INTO customers AS stored (id, shop, external_id, email, name)
    SELECT id, shop, external_id, email, name FROM found WHERE differs ORDER BY shop, external_id
    ON CONFLICT (shop, external_id) DO UPDATE SET email = coalesce(excluded.email, stored.email), name = coalesce(excluded.name, stored.name)
    RETURNING shop, external_id, id
)
SELECT shop, external_id, id FROM put UNION ALL SELECT shop, external_id, stored_id FROM found WHERE NOT differs`

// putCustomers answers [DB.PutCustomer] for many, none of whom twice.
func putCustomers(ctx context.Context, conn *pgxpool.Conn, asked []*eventra.ShopCustomer) ([]eventra.ID, error) {
	ids := make(uuids, len(asked))
	shops, externals, emails, names := make(texts, len(asked)), make(texts, len(asked)), make(texts, len(asked)), make(texts, len(asked))
	for i, c := range asked {
		ids[i], shops[i], externals[i], emails[i], names[i] = uuid(c.ID), c.Shop, c.ExternalID, c.Email, c.Name
	}
	rows, err := conn.Query(ctx, putCustomersSQL, ids, shops, externals, emails, names)
	if err != nil {
		return nil, err
	}
	put := make(map[externalID]eventra.ID, len(asked))
	var by externalID
	var id eventra.ID
	if _, err := pgx.ForEachRow(rows, []any{&by.shop, &by.id, &id}, func() error {
		put[by] = id
		return nil
	}); err != nil {
		return nil, err
	}
	answers := make([]eventra.ID, len(asked))
	for i, c := range asked {
		known := false
		if answers[i], known = put[externalID{c.Shop, c.ExternalID}]; !known {
			return nil, fmt.Errorf("postgres: a customer was neither made nor found")
		}
	}
	return answers, nil
}

// customerSQL finds whom an id names, a user or a shop's customer. Of one who was erased only the
// id is left.
func customerSQL(id string) string {
	return strings.ReplaceAll(`
    SELECT id, 'user' AS kind, '' AS external_id, CASE WHEN erased_at IS NULL THEN email ELSE '' END AS email,
        CASE WHEN erased_at IS NULL THEN name ELSE '' END AS name FROM users WHERE users.id = {id}
    UNION ALL SELECT id, 'shop', CASE WHEN erased_at IS NULL THEN external_id ELSE '' END, CASE WHEN erased_at IS NULL THEN coalesce(email, '') ELSE '' END,
        CASE WHEN erased_at IS NULL THEN coalesce(name, '') ELSE '' END FROM customers WHERE customers.id = {id}
    LIMIT 1
`, "{id}", id)
}

// EraseCustomer makes a shop's customer a row that stands for what somebody bought: without name and address, and without the
// name by which the shop knows them, so that the shop sells to a new customer under it. What the shop has noted of the bookings
// goes as well. Bookings and payments stay. CodeNotFound if there is no such customer; one who was erased before is no error.
func (db *DB) EraseCustomer(ctx context.Context, id eventra.ID) error {
	return db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		var shop string
		var erased bool
		err := tx.QueryRow(ctx, `SELECT shop, erased_at IS NOT NULL FROM customers WHERE id = $1 FOR UPDATE`, id).Scan(&shop, &erased)
		if err != nil || erased {
			return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no shop's customer has that id"))
		}
		for _, sql := range []string{eraseCustomerSQL, eraseNotesSQL} {
			if _, err := tx.Exec(ctx, sql, id); err != nil {
				return err
			}
		}
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutErasedCustomer(id, shop))
	})
}

const (
	eraseCustomerSQL = `
UPDATE customers SET external_id = 'erased ' || gen_random_uuid(), email = NULL, name = NULL, erased_at = now() WHERE id = $1`
	eraseNotesSQL = `
DELETE FROM booking_metadata WHERE booking_id = ANY (ARRAY (SELECT id FROM bookings WHERE user_id = $1 ORDER BY created_at DESC))`
)

// recipientSQL is whom mails about a booking go to. Not everybody has an address.
var recipientSQL = `
CROSS JOIN LATERAL (SELECT email, name FROM (` + customerSQL("bookings.user_id") + `) AS of) AS customer`
