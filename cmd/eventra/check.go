package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/persistence/postgres"
)

type checkCommand struct {
	Overdue        time.Duration `help:"How long past its end a booking may be HELD." default:"30s"`
	PaymentOverdue time.Duration `help:"How long past its grace a payment may be PENDING, and how long a refund may take." default:"1m"`
	MailOverdue    time.Duration `help:"How long a mail may be unsent before it is a warning." default:"5m"`
	Retention      time.Duration `help:"How long the instances keep what they purge; 0: for ever." env:"EVENTRA_RETENTION" default:"720h"`
	Timeout        time.Duration `help:"How long the query of one invariant may take." default:"5m"`
	JSON           bool          `help:"Print the report as JSON."`
	Since          string        `help:"Compare with the epochs and statuses that an earlier check wrote to this file." placeholder:"FILE"`
	Save           string        `help:"Write epochs and statuses to this file, for a later --since." placeholder:"FILE"`
}

// Exit codes of a check; 0 means that no invariant is violated.
const (
	exitViolated  = 1
	exitUnchecked = 2
)

// exitError ends the program with a code of its own.
type exitError struct {
	error
	code int
}

// ExitCode implements kong.ExitCoder.
func (e exitError) ExitCode() int { return e.code }

// Run checks the database. It needs only the address of PostgreSQL, so that it can
// run anywhere. A violation found before an error is reported as a violation.
func (c checkCommand) Run(ctx context.Context) error {
	report, err := c.check(ctx)
	if report != nil && len(report.Findings) > 0 {
		err = errors.Join(err, c.print(os.Stdout, report))
		if violated := report.Count(postgres.CheckViolated); violated > 0 {
			return exitError{errors.Join(fmt.Errorf("%d of %d invariants violated", violated, len(report.Findings)), err), exitViolated}
		}
	}
	if err != nil {
		return exitError{fmt.Errorf("not checked: %w", err), exitUnchecked}
	}
	return nil
}

func (c checkCommand) check(ctx context.Context) (*postgres.CheckReport, error) {
	cfg, err := app.LoadSettings("POSTGRES_URL")
	if err != nil {
		return nil, err
	}
	since, err := c.since()
	if err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, cfg.PostgresURL, postgres.Options{MaxConns: 1, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	report, err := db.Check(ctx, postgres.CheckOptions{HoldOverdue: c.Overdue, PaymentOverdue: c.PaymentOverdue,
		MailOverdue: c.MailOverdue, QueryTimeout: c.Timeout, Retention: c.Retention, Since: since, Remember: c.Save != ""})
	if err == nil && c.Save != "" {
		err = save(c.Save, report.History)
	}
	return report, err
}

func (c checkCommand) since() (*postgres.CheckHistory, error) {
	if c.Since == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Since)
	if err != nil {
		return nil, err
	}
	h := &postgres.CheckHistory{}
	if err := json.Unmarshal(text, h); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Since, err)
	}
	return h, nil
}

func save(file string, h *postgres.CheckHistory) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func (c checkCommand) print(w io.Writer, r *postgres.CheckReport) error {
	if c.JSON {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	var tookMS int64
	for i := range r.Findings {
		tookMS += r.Findings[i].TookMS
		if err := printFinding(w, &r.Findings[i]); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d invariants, %d violated, %d warnings; as of %s, in %d ms\n", len(r.Findings),
		r.Count(postgres.CheckViolated), r.Count(postgres.CheckWarned), r.At.Format(time.RFC3339Nano), tookMS)
	return err
}

// marks make violations stand out from a screen of ok.
var marks = map[string]string{postgres.CheckOK: "ok", postgres.CheckWarned: "WARN", postgres.CheckViolated: "VIOLATED"}

func printFinding(w io.Writer, f *postgres.CheckFinding) error {
	_, err := fmt.Fprintf(w, "%-8s  %-29s %8d %8d ms\n", marks[f.Outcome], f.Name, f.Count, f.TookMS)
	if f.Count == 0 || err != nil {
		return err
	}
	fmt.Fprintf(w, "          %s\n", f.Sentence)
	for _, row := range f.Rows {
		fmt.Fprintf(w, "          - %s\n", row)
	}
	if more := f.Count - int64(len(f.Rows)); more > 0 {
		_, err = fmt.Fprintf(w, "          - and %d more\n", more)
	}
	return err
}
