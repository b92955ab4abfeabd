package system

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/store"
)

// Sample is the resources that the server and its stores use at a moment.
type Sample struct {
	client.Footprint
	RedisKeys  int64
	RedisBytes int64 // of the whole Redis server
	Holds      int64 // live ones
	Tables     []Table
}

// Table is the size of a table in PostgreSQL, with its indexes.
type Table struct {
	Name        string
	Rows, Bytes int64
	// Dead and Free are percentages of the heap: dead rows, and free space.
	Dead, Free float64
}

// BytesPerRow returns the table's size by its rows.
func (t Table) BytesPerRow() float64 { return float64(t.Bytes) / float64(max(t.Rows, 1)) }

func (s Sample) String() string {
	const mebibyte = 1 << 20
	var tables int64
	for _, t := range s.Tables {
		tables += t.Bytes
	}
	return fmt.Sprintf("%v; %d holds, %d Redis keys in %d MiB; %d MiB of tables",
		s.Footprint, s.Holds, s.RedisKeys, s.RedisBytes/mebibyte, tables/mebibyte)
}

// Sample measures the server and its stores.
func (s *Server) Sample(ctx context.Context) (sample Sample, err error) {
	if sample.Footprint, err = s.Target.Footprint(metricsTimeout); err != nil {
		return sample, err
	}
	if sample.RedisKeys, sample.RedisBytes, err = store.RedisUsage(s.stores.RedisURL); err != nil {
		return sample, err
	}
	if sample.Holds, err = s.Number(ctx, "SELECT count(*) FROM bookings WHERE status = 'HELD'"); err != nil {
		return sample, err
	}
	conn, err := pgx.Connect(ctx, s.stores.PostgresURL)
	if err != nil {
		return sample, err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, tablesSQL)
	if err != nil {
		return sample, err
	}
	sample.Tables, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Table])
	return sample, err
}

// TablesExtension creates the extension that Sample needs.
const TablesExtension = "CREATE EXTENSION IF NOT EXISTS pgstattuple"

const tablesSQL = `
SELECT relname::text, t.approx_tuple_count::bigint, pg_total_relation_size(c.oid), t.dead_tuple_percent, t.approx_free_percent
FROM pg_class AS c, LATERAL pgstattuple_approx(c.oid) AS t
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
ORDER BY relname`
