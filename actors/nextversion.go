//go:build nextversion

package actors

import (
	"context"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// nextKind is the number of a kind of message that only the next release knows.
const nextKind = 1000

// AskNextKind asks another member's event what only the next release
// understands. It reports false if the event is this member's.
func (d *Directory) AskNextKind(ctx context.Context, event eventra.ID, timeout time.Duration) (asked bool, err error) {
	life, pid, err := d.locate(ctx, event)
	if err != nil {
		return true, err
	}
	if life.Local(pid) {
		return false, nil
	}
	question := &wire.Envelope{Event: event[:]}
	question.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, nextKind, protowire.BytesType), []byte("?")))
	_, err = life.AskRemote(pid, question, timeout)
	return true, err
}
