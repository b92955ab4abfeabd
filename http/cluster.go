package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// Cluster is the members, and where each active event is served.
type Cluster struct {
	Members []Member      `json:"members" validate:"required"` // oldest first
	Events  []ActiveEvent `json:"events" validate:"required"`
}

// Member is one instance in the cluster.
type Member struct {
	ID          string   `json:"id" example:"mJ4MmzyFvDJ6HGfTsWMmCn" validate:"required"`
	Address     string   `json:"address" example:"10.0.0.7:7400" validate:"required"` // where other members reach it; empty without a cluster
	Status      string   `json:"status" enums:"ACTIVE,ISOLATED,LEAVING" example:"ACTIVE" validate:"required"`
	Version     string   `json:"version" example:"v1.0.0" validate:"required"`
	Self        bool     `json:"self" example:"true" validate:"required"`                                                        // this member answered the request
	Answered    bool     `json:"answered" example:"true" validate:"required"`                                                    // it listed its events in time
	Converged   bool     `json:"agrees" example:"true" validate:"required"`                                                      // with the answering member on which member owns which event; events that are not active wait until all members agree
	Unreachable []string `json:"unreachable,omitzero"`                                                                           // members that it cannot reach
	JoinedAt    Time     `json:"joinedAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z"`   // by the database's clock; absent without a cluster
	LeaseUntil  Time     `json:"leaseUntil,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:02.000Z"` // by the database's clock; absent without a cluster
}

// ActiveEvent is an event that a member serves from its memory.
type ActiveEvent struct {
	EventID  eventra.ID `json:"eventId" swaggertype:"string" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1" validate:"required"`
	MemberID string     `json:"memberId" example:"mJ4MmzyFvDJ6HGfTsWMmCn" validate:"required"`
	Address  string     `json:"address" example:"10.0.0.7:7400" validate:"required"` // of the member
	State    string     `json:"state" enums:"LOADING,ACTIVE,DOWN,MOVING" example:"ACTIVE" validate:"required"`
	Epoch    int64      `json:"epoch" example:"3" validate:"required"`     // shuts out all earlier activations
	Seats    int        `json:"seats" example:"240" validate:"required"`   // of the event
	Queued   int        `json:"queued" example:"12" validate:"required"`   // requests that wait for their outcome
	Batches  int64      `json:"batches" example:"80" validate:"required"`  // committed by this activation
	Changes  int64      `json:"changes" example:"900" validate:"required"` // in these batches
}

// @ID cluster
// @Summary Show the cluster
// @Description The members, and where each active event is served. A member that does not answer within a second is shown without its events.
// @Tags operations
// @Security BearerAuth
// @Success 200 {object} Cluster "Members and events"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Router /api/v1/admin/cluster [get]
func (s *Server) cluster(c *fiber.Ctx) error {
	all, err := s.cfg.Members.Describe(c.UserContext())
	if err != nil {
		return err
	}
	out := &Cluster{Members: make([]Member, len(all.Members)), Events: []ActiveEvent{}}
	for i, m := range all.Members {
		out.Members[i] = Member{ID: m.ID, Address: m.Address, Status: string(m.Status), Version: m.Version, Self: m.Self, Answered: m.Answered, Converged: m.Converged,
			Unreachable: m.Unreachable, JoinedAt: Time(m.JoinedAt), LeaseUntil: Time(m.LeaseUntil)}
		for _, e := range m.Events {
			out.Events = append(out.Events, ActiveEvent{EventID: e.EventID, MemberID: m.ID, Address: m.Address, State: string(e.State),
				Epoch: e.Epoch, Seats: e.Seats, Queued: e.Queued, Batches: e.Batches, Changes: e.Changes})
		}
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return reply(c, fiber.StatusOK, out)
}
