// Package fault injects faults into a cluster under load: it takes instances,
// stores and connections away by a plan made from a seed, and restores them.
package fault

import (
	"fmt"
	"sync"

	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/mailsink"
	"github.com/eventra/eventra/test/network"
	"github.com/eventra/eventra/test/store"
)

// System is the system under test. Slices are by instance.
type System struct {
	Instances   []*instance.Instance
	Nodes       []*network.Node                 // nil without network namespaces
	StoreLinks  []map[string]*network.Forwarder // from the instance to each store, by the store's name
	ClientLinks []*network.Forwarder            // from buyers to the instance
	Postgres    *store.Postgres
	Redis       *store.Redis
	Mail        *mailsink.Sink

	locks sync.Map // of mutexes, by subject
}

// Stores are the names of the stores in StoreLinks.
var Stores = []string{"postgres", "redis", "mongo", "smtp"}

// Subjects of faults. Faults of one subject never overlap.
func instanceOf(victim int) string   { return fmt.Sprintf("i%d", victim+1) }
func storeLinksOf(victim int) string { return fmt.Sprintf("store links of i%d", victim+1) }
func clientLinkOf(victim int) string { return fmt.Sprintf("client link of i%d", victim+1) }

const (
	postgres = "postgres"
	redis    = "redis"
	mail     = "mail"
	peers    = "network between instances"
)

func (s *System) lock(subject string) *sync.Mutex {
	lock, _ := s.locks.LoadOrStore(subject, &sync.Mutex{})
	return lock.(*sync.Mutex)
}

// Crashed reports whether an instance has ended without a fault that ends it.
func (s *System) Crashed(victim int) bool {
	lock := s.lock(instanceOf(victim))
	if !lock.TryLock() {
		return false // a fault is acting on it
	}
	defer lock.Unlock()
	return !s.Instances[victim].Running()
}
