package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// CheckOptions configure a check. Lateness is measured by the database's clock.
type CheckOptions struct {
	HoldOverdue    time.Duration // how long a booking may be HELD past its end
	PaymentOverdue time.Duration // how long a payment may be PENDING past its grace, or a refund due
	MailOverdue    time.Duration // how long a mail may be unsent without a warning
	QueryTimeout   time.Duration // of each invariant
	Retention      time.Duration // how long what the purge deletes is kept at least; 0: nothing is deleted
	Since          *CheckHistory // the history of an earlier check, to compare with; nil for none
	Remember       bool          // whether the report has a history for a later check
}

// Outcomes of an invariant.
const (
	CheckOK       = "ok"
	CheckWarned   = "warn"     // a matter for an operator; no promise is broken
	CheckViolated = "violated" // a promise is broken
)

// CheckFinding is what a check found about one invariant.
type CheckFinding struct {
	Name     string   `json:"name"`
	Sentence string   `json:"sentence"` // the invariant in words
	Outcome  string   `json:"outcome"`
	Count    int64    `json:"count"` // of the rows that break it
	Rows     []string `json:"rows"`  // the first of these rows, in words
	TookMS   int64    `json:"tookMs"`
}

// CheckReport is what a check found in one snapshot.
type CheckReport struct {
	At       time.Time      `json:"at"` // of the snapshot, by the database's clock
	Findings []CheckFinding `json:"findings"`
	History  *CheckHistory  `json:"-"`
}

// Count counts the invariants with the outcome.
func (r *CheckReport) Count(outcome string) (n int) {
	for i := range r.Findings {
		if r.Findings[i].Outcome == outcome {
			n++
		}
	}
	return n
}

// checkRowsMax bounds how many rows a finding names.
const checkRowsMax = 20

// Check looks for rows that break an invariant, in one snapshot. It only reads and
// locks no row, so it may run during a sale. A report that comes with an error
// has the findings before it.
func (db *DB) Check(ctx context.Context, o CheckOptions) (*CheckReport, error) {
	report := &CheckReport{}
	conn, err := db.acquire(ctx)
	if err != nil {
		return report, fmt.Errorf("connect: %w", err)
	}
	defer conn.Release()
	return report, pgx.BeginTxFunc(ctx, conn, snapshotTx, func(tx pgx.Tx) error { return report.fill(ctx, tx, &o) })
}

// checkSettingsSQL begins the snapshot. The pool's settings are for short
// statements by index and do not suit reading whole tables.
const checkSettingsSQL = `
SELECT now(), set_config('statement_timeout', $1, true), set_config('plan_cache_mode', 'force_custom_plan', true),
    set_config('enable_seqscan', 'on', true), set_config('work_mem', '128MB', true), set_config('jit', 'off', true)`

func (r *CheckReport) fill(ctx context.Context, tx pgx.Tx, o *CheckOptions) error {
	timeout := strconv.FormatInt(o.QueryTimeout.Milliseconds(), 10)
	if err := tx.QueryRow(ctx, checkSettingsSQL, timeout).Scan(&r.At, nil, nil, nil, nil, nil); err != nil {
		return err
	}
	args := pgx.NamedArgs{"rows_max": checkRowsMax,
		"hold_overdue": o.HoldOverdue, "payment_overdue": o.PaymentOverdue, "mail_overdue": o.MailOverdue, "retention": o.Retention}
	o.Since.addTo(args)
	for i := range invariants {
		if invariants[i].compares && o.Since == nil {
			continue
		}
		finding, err := invariants[i].check(ctx, tx, args)
		if err != nil {
			return fmt.Errorf("%s: %w", invariants[i].name, err)
		}
		r.Findings = append(r.Findings, finding)
	}
	if !o.Remember {
		return nil
	}
	var err error
	r.History, err = readHistory(ctx, tx, r.At)
	return err
}

// invariant is a statement that holds in every snapshot.
type invariant struct {
	name     string
	sentence string
	sql      string // finds the rows that break it, each as one text
	warns    bool   // a broken one is a warning, no violation
	compares bool   // needs the history of an earlier check
}

func (inv *invariant) check(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs) (CheckFinding, error) {
	f := CheckFinding{Name: inv.name, Sentence: inv.sentence, Outcome: CheckOK, Rows: []string{}}
	begun := time.Now()
	// Materialized, so that only the rows found are formatted and sorted. The planner
	// expects half of all rows, and would format and sort them before a join.
	rows, err := tx.Query(ctx, `WITH found (broken) AS MATERIALIZED (`+inv.sql+`)
		SELECT count(*) OVER (), broken FROM found ORDER BY broken LIMIT @rows_max`, args)
	if err != nil {
		return f, err
	}
	var row string
	_, err = pgx.ForEachRow(rows, []any{&f.Count, &row}, func() error {
		f.Rows = append(f.Rows, row)
		return nil
	})
	f.TookMS = time.Since(begun).Milliseconds()
	switch {
	case f.Count > 0 && inv.warns:
		f.Outcome = CheckWarned
	case f.Count > 0:
		f.Outcome = CheckViolated
	}
	return f, err
}
