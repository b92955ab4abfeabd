package main

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
	"github.com/eventra/eventra/sleep"
)

const (
	// nextKind is the field number of a message that the present release does
	// not know.
	nextKind = 1000

	nextKindPause, nextKindTimeout = 200 * time.Millisecond, 2 * time.Second
)

// askNextKind keeps sending the other members' events a message that they
// cannot know, and counts what becomes of it.
func askNextKind(ctx context.Context, node *cluster.Node, metrics prometheus.Registerer) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eventra_next_kind_total", Help: "Messages of a kind that only the next release knows, by outcome."}, []string{"outcome"})
	metrics.MustRegister(outcomes)
	for sleep.For(ctx, nextKindPause) == nil {
		members, err := node.Describe()
		if err != nil {
			continue
		}
		for _, member := range members.Members {
			for _, event := range member.Events {
				if err := askEvent(ctx, node, event.EventID); !errors.Is(err, errOwn) {
					outcomes.WithLabelValues(outcome(err)).Inc()
				}
			}
		}
	}
}

// errOwn: the event is this member's, so no message leaves the process.
var errOwn = errors.New("the event is this member's")

func askEvent(ctx context.Context, node *cluster.Node, event eventra.ID) error {
	incarnation := node.Incarnation()
	if incarnation == nil {
		return cluster.ErrMoved
	}
	pid, err := incarnation.Locate(ctx, event)
	if err != nil {
		return err
	}
	if incarnation.Local(pid) {
		return errOwn
	}
	question := &wire.Envelope{Event: event[:]}
	question.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, nextKind, protowire.BytesType), []byte("?")))
	_, err = incarnation.AskRemote(pid, question, nextKindTimeout)
	return err
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "answered"
	case errors.Is(err, cluster.ErrUnsupported):
		return "unsupported"
	case errors.Is(err, cluster.ErrMoved):
		return "moved"
	case errors.Is(err, cluster.ErrTimeout):
		return "timeout"
	}
	return "failed"
}
