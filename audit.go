package eventra

import (
	"context"
	"encoding/json"
	"time"
)

// ActorKind says what an [Actor] is.
type ActorKind string

// The kinds of actors.
const (
	ActorUser    ActorKind = "user"
	ActorKey     ActorKind = "key"     // an API key
	ActorCommand ActorKind = "command" // a subcommand of the program, called by an operator
	ActorSystem  ActorKind = "system"  // an instance by itself
)

// Valid reports whether the kind is one of those above.
func (k ActorKind) Valid() bool {
	return k == ActorUser || k == ActorKey || k == ActorCommand || k == ActorSystem
}

// Actor does what the audit log keeps.
type Actor struct {
	ID        ID // of the user or the API key; zero for the other kinds
	Kind      ActorKind
	Address   string // that the request came from; empty if there was none
	RequestID string // likewise
}

// IsZero reports whether nobody is known.
func (a Actor) IsZero() bool { return a == Actor{} }

// Valid reports whether the audit log takes the actor.
func (a Actor) Valid() bool {
	named := a.Kind == ActorUser || a.Kind == ActorKey
	return a.Kind.Valid() && named == !a.ID.IsZero()
}

type actorKey struct{}

// WithActor returns a context for what the actor does.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf returns the actor of a context, the system if it names none.
func ActorOf(ctx context.Context) Actor {
	if a := NamedActor(ctx); !a.IsZero() {
		return a
	}
	return Actor{Kind: ActorSystem}
}

// NamedActor returns the actor that a context names; the zero Actor if it names none.
func NamedActor(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// AuditAction is what was done: a subject and a verb.
type AuditAction string

// The actions of administrators.
const (
	AuditEventCreate     AuditAction = "event.create"
	AuditEventUpdate     AuditAction = "event.update"
	AuditEventPublish    AuditAction = "event.publish"
	AuditEventCancel     AuditAction = "event.cancel"
	AuditEventReschedule AuditAction = "event.reschedule"
	AuditEventDelete     AuditAction = "event.delete"
	AuditRefundBuyers    AuditAction = "event.refund_buyers"
	AuditBookingRefund   AuditAction = "booking.refund" // of a part, or of everything
	AuditPricingUpdate   AuditAction = "pricing.update"
	AuditSeatsAdd        AuditAction = "seats.add"
	AuditSeatsRemove     AuditAction = "seats.remove"
	AuditSeatsCategory   AuditAction = "seats.category"
	AuditSeatsBlock      AuditAction = "seats.block"
	AuditSeatsUnblock    AuditAction = "seats.unblock"
	AuditSectionUpdate   AuditAction = "section.update"
	AuditUserCreate      AuditAction = "user.create"
	AuditUserUpdate      AuditAction = "user.update"
	AuditMailRetry       AuditAction = "mail.retry"
	AuditKeyCreate       AuditAction = "api_key.create"
	AuditKeySecret       AuditAction = "api_key.replace_secret" // by a repeated creation
	AuditKeyRevoke       AuditAction = "api_key.revoke"
	AuditBookingRelease  AuditAction = "booking.release"
	AuditTicketsAgain    AuditAction = "booking.tickets_again"
	AuditBookingNote     AuditAction = "booking.metadata"
	AuditRestore         AuditAction = "database.restored"
	AuditCustomerErase   AuditAction = "customer.erase"
)

// The kinds of subjects.
const (
	SubjectEvent   = "event"
	SubjectBooking = "booking"
	SubjectUser    = "user"
	SubjectMail    = "mail"
	SubjectKey     = "api_key"
	SubjectStore   = "database"

	SubjectCustomer = "customer"
)

// AuditEntry is one administrative action, written in the transaction that carries it out
// and never changed. The same entry again is no second one.
type AuditEntry struct {
	ID          ID
	At          time.Time // zero until it is written, if that happens with the action
	Actor       Actor
	Action      AuditAction
	SubjectKind string
	Subject     string // its id
	EventID     ID     // that the subject belongs to, or is; zero if there is none
	// Before and After are what changed, as [Facts.JSON] writes it; nil for nothing.
	Before, After json.RawMessage
}

// AuditFilter narrows the audit log. A zero field does not narrow it.
type AuditFilter struct {
	Actor    string // an id, or the kind of actors without one
	Action   AuditAction
	Subject  string    // an id
	From, To time.Time // From inclusive, To exclusive
}

// AboutEvent returns an entry of an action on an event.
func (a Actor) AboutEvent(entry ID, action AuditAction, event ID, before, after Facts) AuditEntry {
	return AuditEntry{ID: entry, Actor: a, Action: action, SubjectKind: SubjectEvent, Subject: event.String(), EventID: event,
		Before: before.JSON(), After: after.JSON()}
}

// AboutRefund returns an entry of money that goes back.
func (a Actor) AboutRefund(entry ID, b *Booking, before, after Facts) AuditEntry {
	e := a.onBooking(AuditBookingRefund, b, before, after)
	e.ID = entry
	return e
}

// AboutUser returns an entry of an action on a user.
func (a Actor) AboutUser(entry ID, action AuditAction, user ID, before, after Facts) AuditEntry {
	return AuditEntry{ID: entry, Actor: a, Action: action, SubjectKind: SubjectUser, Subject: user.String(),
		Before: before.JSON(), After: after.JSON()}
}

// AboutMail returns an entry of an action on a mail.
func (a Actor) AboutMail(action AuditAction, mail MailRef, before Facts) AuditEntry {
	return AuditEntry{Actor: a, Action: action, SubjectKind: SubjectMail, Subject: mail.String(), Before: before.JSON()}
}

// AboutKey returns an entry of an API key that was made, or got another secret.
func (a Actor) AboutKey(k *APIKey) AuditEntry {
	e := AuditEntry{Actor: a, Action: AuditKeySecret, SubjectKind: SubjectKey, Subject: k.ID.String(),
		After: Facts{"name": k.Name, "version": k.Version}.JSON()}
	if k.Version == 0 {
		e.ID, e.Action, e.After = k.ID, AuditKeyCreate, k.facts().JSON()
	}
	return e
}

// AboutRevokedKey returns an entry of an API key that was revoked.
func (a Actor) AboutRevokedKey(id ID, name string) AuditEntry {
	return AuditEntry{Actor: a, Action: AuditKeyRevoke, SubjectKind: SubjectKey, Subject: id.String(), Before: Facts{"name": name}.JSON()}
}

// AboutRestore returns an entry of a database that was made safe after it had been restored.
func (a Actor) AboutRestore(found Facts) AuditEntry {
	return AuditEntry{Actor: a, Action: AuditRestore, SubjectKind: SubjectStore, Subject: "postgres", After: found.JSON()}
}

// AboutErasedCustomer returns an entry of a shop's customer who was erased: of the person nothing but the id.
func (a Actor) AboutErasedCustomer(id ID, shop string) AuditEntry {
	return AuditEntry{Actor: a, Action: AuditCustomerErase, SubjectKind: SubjectCustomer, Subject: id.String(), Before: Facts{"shop": shop}.JSON()}
}

// AboutBooking returns an entry of an action on a booking.
func (a Actor) AboutBooking(action AuditAction, b *Booking) AuditEntry {
	return a.onBooking(action, b, Facts{"status": string(b.Status), "customer": b.UserID.String()}, nil)
}

func (a Actor) onBooking(action AuditAction, b *Booking, before, after Facts) AuditEntry {
	return AuditEntry{Actor: a, Action: action, SubjectKind: SubjectBooking, Subject: b.ID.String(), EventID: b.EventID,
		Before: before.JSON(), After: after.JSON()}
}
