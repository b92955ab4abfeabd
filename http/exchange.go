package http

import (
	"context"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// exchange is what is known of one request and its response while it is carried out. It is
// the request's context, too.
type exchange struct {
	lazyDeadline

	requestID string
	caller    *auth.Caller    // nil for an anonymous one
	actor     context.Context // of an administrative action; else nil
	failure   error           // with which it has failed
	traced    context.Context // has the request's span; nil if it is not traced
	notes     []note          // for its line in the log
	room      [2]note         // of notes; no request has more
}

// note names something that a request concerns.
type note struct {
	name string
	id   eventra.ID
}

func (n note) attr() slog.Attr { return slog.String(n.name, n.id.String()) }

// beginExchange begins the exchange of a request that may take until a deadline. The caller
// ends it.
func beginExchange(c *fiber.Ctx, deadline time.Time) *exchange {
	x := &exchange{}
	x.deadline = deadline
	x.notes = x.room[:0]
	c.SetUserContext(x)
	return x
}

// Value implements context.Context. It knows the actor of an administrative action, and the span.
func (x *exchange) Value(key any) any {
	if x.traced != nil {
		if value := x.traced.Value(key); value != nil {
			return value
		}
	}
	if x.actor != nil {
		if value := x.actor.Value(key); value != nil {
			return value
		}
	}
	return x.lazyDeadline.Value(key)
}

// actsAs notes who does what the audit log keeps.
func (x *exchange) actsAs(a eventra.Actor) { x.actor = eventra.WithActor(context.Background(), a) }

// exchangeOf returns the exchange that a request belongs to. Each has one.
func exchangeOf(c *fiber.Ctx) *exchange { return c.UserContext().(*exchange) }

// about notes the id of something that a request concerns, for its line in the log. Those
// in its path need no note.
func about(c *fiber.Ctx, name string, id eventra.ID) {
	x := exchangeOf(c)
	x.notes = append(x.notes, note{name, id})
}

func requestID(c *fiber.Ctx) string { return exchangeOf(c).requestID }

// callerOf returns the caller of a request, or nil for an anonymous one.
func callerOf(c *fiber.Ctx) *auth.Caller { return exchangeOf(c).caller }
