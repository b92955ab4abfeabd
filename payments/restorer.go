package payments

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra"
)

// RestoredStore is what a [Restorer] needs of a database that was restored.
type RestoredStore interface {
	// PaymentsOf reads those of the payments that exist.
	PaymentsOf(ctx context.Context, ids []eventra.ID) (map[eventra.ID]*eventra.Payment, error)
	// NoteCharge keeps what the gateway had done for a payment. Repeating it is harmless.
	NoteCharge(ctx context.Context, charge eventra.Payment, found string) error
	// AddParts adds the refunds that a payment does not have yet, all or none, and returns those.
	// No mail tells of them. A dry run adds none.
	AddParts(ctx context.Context, parts []eventra.Refund, dryRun bool) ([]eventra.Refund, error)
}

// Restorer brings a database that was restored to an earlier point into agreement with a
// gateway that was not. Payments and refunds that are open in the database are left to the
// [Reconciler].
type Restorer struct {
	processor *Processor
	store     RestoredStore
	books     Books
}

// NewRestorer makes a restorer. The gateway of the processor keeps the books.
func NewRestorer(processor *Processor, store RestoredStore, books Books) *Restorer {
	return &Restorer{processor, store, books}
}

// Forgotten is what the gateway knew better than the database.
type Forgotten struct {
	Charges  []eventra.Payment // without a payment here; their money goes back
	Bookings []eventra.ID      // that are CONFIRMED, though their money had gone back; they are refunded
	Parts    []eventra.Refund  // that had returned money, for items that are not known
	Failed   []error           // what has to be repeated
}

const (
	// booksPage is how much of the books is compared at a time.
	booksPage = 500
	// booksOverlap is how far the clocks of gateway and database may differ.
	booksOverlap = time.Hour
	// restoredRefundTimeout bounds one refund, which may have to read its event before.
	restoredRefundTimeout = 20 * time.Second
)

// Restore compares the gateway's books since a time with the database. A dry run only compares.
func (r *Restorer) Restore(ctx context.Context, since time.Time, dryRun bool) (*Forgotten, error) {
	f := &Forgotten{}
	if err := r.parts(ctx, since.Add(-booksOverlap), dryRun, f); err != nil {
		return f, err
	}
	return f, r.charges(ctx, since.Add(-booksOverlap), dryRun, f)
}

func (r *Restorer) charges(ctx context.Context, since time.Time, dryRun bool, f *Forgotten) error {
	var after eventra.ID
	for {
		page, err := r.books.Charges(ctx, since, after, booksPage)
		if err != nil {
			return err
		}
		ids := make([]eventra.ID, len(page))
		for i := range page {
			ids[i] = page[i].PaymentID
		}
		known, err := r.store.PaymentsOf(ctx, ids)
		if err != nil {
			return err
		}
		for i := range page {
			if err := r.charge(ctx, &page[i], known[page[i].PaymentID], dryRun, f); err != nil {
				f.Failed = append(f.Failed, fmt.Errorf("payment %v: %w", page[i].PaymentID, err))
			}
		}
		if len(page) < booksPage {
			return nil
		}
		after = page[len(page)-1].PaymentID
	}
}

// charge compares one charge with its payment, nil if there is none.
func (r *Restorer) charge(ctx context.Context, c *BookedCharge, p *eventra.Payment, dryRun bool, f *Forgotten) error {
	lost := eventra.Payment{ID: c.PaymentID, EventID: c.EventID, Amount: c.Amount}
	switch {
	case p == nil && c.State == ChargeTaken:
		f.Charges = append(f.Charges, lost)
		if dryRun {
			return nil
		}
		if err := r.store.NoteCharge(ctx, lost, string(c.State)); err != nil {
			return err
		}
		return r.processor.gateway.Refund(ctx, lost)
	case p != nil && p.Status == eventra.PaymentSucceeded && c.State == ChargeReturned:
		f.Bookings = append(f.Bookings, p.BookingID)
		if dryRun {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, restoredRefundTimeout)
		defer cancel()
		_, err := r.processor.Refund(ctx, p.BookingID)
		return err
	case p == nil, c.State == ChargeReturned && p.Status == eventra.PaymentPending:
		if dryRun {
			return nil
		}
		return r.store.NoteCharge(ctx, lost, string(c.State))
	}
	return nil
}

func (r *Restorer) parts(ctx context.Context, since time.Time, dryRun bool, f *Forgotten) error {
	after := ""
	for {
		page, err := r.books.Parts(ctx, since, after, booksPage)
		if err != nil {
			return err
		}
		refunds, err := r.refundsOf(ctx, page)
		if err != nil {
			return err
		}
		if refunds, err = r.store.AddParts(ctx, refunds, dryRun); err != nil {
			return err
		}
		f.Parts = append(f.Parts, refunds...)
		if len(page) < booksPage {
			return nil
		}
		after = page[len(page)-1].Key
	}
}

// refundsOf makes refunds of parts whose payments exist.
func (r *Restorer) refundsOf(ctx context.Context, page []BookedPart) (refunds []eventra.Refund, err error) {
	ids := make([]eventra.ID, len(page))
	for i := range page {
		ids[i] = page[i].PaymentID
	}
	known, err := r.store.PaymentsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range page {
		part := &page[i]
		p, n := known[part.PaymentID], 0
		if p == nil {
			continue // its whole charge goes back
		}
		if _, err := fmt.Sscanf(part.Key, "refund/"+p.ID.String()+"/%d", &n); err != nil {
			return nil, fmt.Errorf("the gateway's refund %q: %w", part.Key, err)
		}
		refund := eventra.Refund{BookingID: p.BookingID, PaymentID: p.ID, EventID: p.EventID, N: n, Reason: "known to the gateway alone",
			Amount: eventra.Money{Amount: part.Amount, Currency: p.Amount.Currency}, Status: eventra.RefundFailed}
		if part.Returned {
			refund.Status = eventra.RefundSucceeded
		}
		refunds = append(refunds, refund)
	}
	return refunds, nil
}
