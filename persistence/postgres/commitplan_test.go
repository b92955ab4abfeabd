package postgres

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

// A connection keeps a plan for life, so the plan for empty tables must be the one
// that large tables need: each join is a look-up by index, and no list is searched
// for each row of another.
func TestCommit_HasOnePlanForTablesOfAnySize(t *testing.T) {
	t.Parallel()
	all := map[string]string{"fence": fenceSQL, "fence without waiting": fenceNoWaitSQL, "places": placesSQL, "audit": insertAuditSQL}
	for kind, s := range statements {
		if s.sql != "" {
			all["kind "+strconv.Itoa(kind)] = s.inMerged()
			all["kind "+strconv.Itoa(kind)+" alone"] = s.inAlone()
		}
	}
	for name, c := range map[string]struct {
		events, seatsEach, bookings int
		analyze                     bool
	}{
		"empty":           {},
		"empty, analyzed": {analyze: true},
		"small":           {1, 3, 3, false},
		"small, analyzed": {1, 3, 3, true},
		"full":            {50, 1000, 40_000, false},
		"full, analyzed":  {50, 1000, 40_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connectLikePool(t, persistencetest.NewDatabase(t))
			if c.events > 0 {
				fill(t, conn, c.events, c.seatsEach, c.bookings)
			}
			if c.analyze {
				_, err := conn.Exec(t.Context(), "ANALYZE")
				require.NoError(t, err)
			}
			for name, sql := range all {
				requireLookups(t, name, explainGeneric(t, conn, sql))
			}
		})
	}
}

// Each statement that takes arrays, and each that reads the seats of one event, finds its rows
// by the same index also if the table was analyzed while it was empty.
func TestCalls_HaveOnePlanForTablesOfAnySize(t *testing.T) {
	t.Parallel()
	for name, analyzed := range map[string]bool{"empty": false, "empty, analyzed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connectLikePool(t, persistencetest.NewDatabase(t))
			if analyzed {
				_, err := conn.Exec(t.Context(), "VACUUM ANALYZE")
				require.NoError(t, err)
			}
			for name, sql := range map[string]string{"claim keys": claimKeysSQL, "read keys": readKeysSQL, "finish keys": finishKeysSQL,
				"release keys": releaseKeysSQL, "users verified": usersVerifiedSQL, "API keys": useAPIKeysSQL, "details of bookings": bookingDetailsSQL, "bookings": bookingsByIDSQL, "items of a booking": bookingItemsSQL,
				"an activation's seats": readSeatsSQL, "labels": labelsSQL, "last version": lastVersionSQL} {
				requireIndexes(t, name, explainGeneric(t, conn, sql), "_pkey", "refunds_one_n")
			}
			requireIndexes(t, "customers", explainGeneric(t, conn, putCustomersSQL), "customers_external")
			requireIndexes(t, "payments of bookings", explainGeneric(t, conn, paymentsOfBookingsSQL), "payments_of_booking")
			requireIndexes(t, "mails of bookings", explainGeneric(t, conn, mailsOfBookingsSQL), "outbox_pkey", "notices_pkey", "payments_of_booking", "refunds_one_n")
			requireIndexes(t, "mails to an address", explainGeneric(t, conn, sendAccountMailSQL), "account_mails_to")
			requireIndexes(t, "an account's mail", explainGeneric(t, conn, accountMailSQL), "_pkey", "users_email_unique")
			requireIndexes(t, "a one-time token", explainGeneric(t, conn, useTokenSQL), "_pkey", "users_email_unique", "account_mails_token")
			requireIndexes(t, "an activation's refunds", explainGeneric(t, conn, readRefundsSQL), "refunds_of_event", "payments_pkey")
			requireIndexes(t, "an activation's released items", explainGeneric(t, conn, releasedItemsSQL), "refunds_of_event", "booking_seats_pkey")
			requireIndexes(t, "an activation's bookings", explainGeneric(t, conn, readLiveSQL), "bookings_of_event_by_time", "bookings_pkey", "booking_seats_one_live", "sections_pkey")
			requireIndexes(t, "an activation's items", explainGeneric(t, conn, readLiveItemsSQL), "booking_seats_one_live", "booking_seats_pkey", "bookings_of_event_by_time", "sections_pkey")
			requireIndexes(t, "bookings that an activation counted", explainGeneric(t, conn, confirmedOfSQL), "_pkey", "bookings_of_user")
			requireIndexes(t, "their refunds", explainGeneric(t, conn, refundsOfPaymentsSQL), "_pkey", "refunds_one_n")
			requireIndexes(t, "seats that were sold", explainGeneric(t, conn, soldSeatsSQL), "booking_seats_one_live", "booking_seats_ended")
			requireIndexes(t, "bookings to refund", explainGeneric(t, conn, stillConfirmedSQL), "bookings_of_event_by_time")
			requireIndexes(t, "what became of a cancellation", explainGeneric(t, conn, countCancellationSQL), "bookings_of_event_by_time", "notices_of_event", "bookings_pkey", "payments_pkey", "cancellations_pkey",
				"refunds_of_event", "notices_pkey")
			told := explainGeneric(t, conn, tellRescheduledSQL) // reads all of reschedulings_open, whose rows are few
			require.True(t, told.looksUp("bookings_of_event_by_time", "event_id"), told.text)
			require.False(t, told.uses("bookings_pkey"), told.text)
			require.True(t, told.looksUp("reschedulings_pkey", "id"), told.text)
			requireIndexes(t, "refunds of a payment", explainGeneric(t, conn, paymentRefundsSQL), "refunds_one_n", "payments_pkey")
			requireIndexes(t, "the rest of a payment", explainGeneric(t, conn, returnRestSQL), "_pkey", "refunds_one_n")
			requireIndexes(t, "bookings without references", explainGeneric(t, conn, numberBookingsSQL), "bookings_reference")
			requireIndexes(t, "notes about a customer", explainGeneric(t, conn, eraseNotesSQL), "booking_metadata_pkey", "bookings_of_user")
			requireIndexes(t, "existing seats", explainGeneric(t, conn, existingSeatsSQL), "seats_name_unique")
		})
	}
}

func requireLookups(t *testing.T, name string, p plan) {
	t.Helper()
	requireIndexes(t, name, p, "_pkey", "bookings_of_user", "refunds_one_n")
	for _, n := range p.nodes {
		require.Empty(t, n.JoinFilter, "%s searches a list for each row: %s", name, p.text)
	}
}

// requireIndexes checks that rows are found by what they are asked for, in indexes of that name.
func requireIndexes(t *testing.T, name string, p plan, indexes ...string) {
	t.Helper()
	require.False(t, p.scansAll(), "%s reads a whole table: %s", name, p.text)
	for _, n := range p.nodes {
		require.NotContains(t, []string{"Hash Join", "Merge Join"}, n.NodeType, "%s: %s", name, p.text)
		if n.IndexName != "" {
			ofThese := slices.ContainsFunc(indexes, func(index string) bool { return strings.Contains(n.IndexName, index) })
			require.True(t, ofThese, "%s uses %s: %s", name, n.IndexName, p.text)
			require.NotEmpty(t, n.IndexCond, "%s reads a whole index: %s", name, p.text)
		}
	}
}

// connectLikePool makes a connection with the settings of the pool's.
func connectLikePool(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	maps.Copy(config.RuntimeParams, sessionSettings)
	config.RuntimeParams["statement_timeout"] = "0" // filling takes its time
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// parameters counts the parameters of a statement.
func parameters(sql string) (count int) {
	for _, found := range parameter.FindAllStringSubmatch(sql, -1) {
		n, _ := strconv.Atoi(found[1]) // digits, by the expression
		count = max(count, n)
	}
	return count
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// explainGeneric returns the plan for any parameters.
func explainGeneric(t *testing.T, conn *pgx.Conn, sql string) plan {
	t.Helper()
	nulls := strings.TrimSuffix(strings.Repeat("NULL, ", parameters(sql)), ", ")
	_, err := conn.Exec(t.Context(), "PREPARE explained AS "+sql)
	require.NoError(t, err)
	p := explain(t, conn, fmt.Sprintf("EXECUTE explained (%s)", nulls))
	_, err = conn.Exec(t.Context(), "DEALLOCATE explained")
	require.NoError(t, err)
	return p
}
