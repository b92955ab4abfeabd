package wire

import "github.com/eventra/eventra"

func encodeActor(a eventra.Actor) *Actor {
	if a.IsZero() {
		return nil
	}
	return &Actor{Id: idBytes(a.ID), Kind: string(a.Kind), Address: a.Address, RequestId: a.RequestID}
}

// actor reads an actor that may be absent. The store refuses what is none, with all that commits beside it.
func (d *decoder) actor(a *Actor) eventra.Actor {
	if a == nil {
		return eventra.Actor{}
	}
	by := eventra.Actor{ID: d.id(a.GetId()), Kind: eventra.ActorKind(a.GetKind()), Address: a.GetAddress(), RequestID: a.GetRequestId()}
	if !by.Valid() {
		d.fail("invalid actor of kind %q", by.Kind)
	}
	return by
}
