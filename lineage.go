package eventra

import "time"

// Lineage names the history of commits that a store continues, and how far it has come.
type Lineage struct {
	Server   time.Time // the start of the server that continues it
	Position uint64    // in its log
}

// Continues reports whether nothing that was committed by an earlier look can be lost. A
// server that was started since may have been restored, or have taken over from another
// one without its last commits.
func (l Lineage) Continues(before Lineage) bool {
	return l.Server.Equal(before.Server) && l.Position >= before.Position
}
