// Package fault takes instances, stores and wires away from a cluster under
// load, by a plan that a seed makes, and gives them back.
package fault

import (
	"fmt"
	"sync"

	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/mailsink"
	"github.com/eventra/eventra/test/network"
	"github.com/eventra/eventra/test/store"
)

// Ground is what faults are done to.
type Ground struct {
	Instances []*instance.Instance
	Nodes     []*network.Node                 // of the instances; nil where there are no namespaces
	Wires     []map[string]*network.Forwarder // from each instance to its stores, by their names
	Doors     []*network.Forwarder            // from buyers to each instance
	Postgres  *store.Postgres
	Redis     *store.Redis
	Mail      *mailsink.Sink

	locks sync.Map // by subject
}

// Stores are the names of an instance's wires.
var Stores = []string{"postgres", "redis", "mongo", "smtp"}

// Subjects of faults. Two faults of one subject never overlap.
func instanceOf(victim int) string { return fmt.Sprintf("i%d", victim+1) }
func wiresOf(victim int) string    { return fmt.Sprintf("wires of i%d", victim+1) }
func doorOf(victim int) string     { return fmt.Sprintf("door of i%d", victim+1) }

const (
	postgres = "postgres"
	redis    = "redis"
	mail     = "mail"
	peers    = "wires between instances"
)

func (g *Ground) lock(subject string) *sync.Mutex {
	lock, _ := g.locks.LoadOrStore(subject, &sync.Mutex{})
	return lock.(*sync.Mutex)
}

// Died reports whether an instance has ended although nobody ended it.
func (g *Ground) Died(victim int) bool {
	lock := g.lock(instanceOf(victim))
	if !lock.TryLock() {
		return false // a fault is at it
	}
	defer lock.Unlock()
	return !g.Instances[victim].Running()
}
