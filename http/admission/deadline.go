package admission

import "time"

// deadlineSlack is by how much a connection's deadline may be early: seconds are meant, and
// setting one costs as much as reading a small request.
const deadlineSlack = time.Second

// deadline is when a connection's reads or writes end. The HTTP library sets one thrice for
// each request; a timer is moved only before a read or write that needs another.
type deadline struct{ wanted, set time.Time }

// apply sets what is wanted, unless that is about what was set before.
func (d *deadline) apply(set func(time.Time) error) {
	if early := d.wanted.Sub(d.set); early < 0 || early > deadlineSlack {
		d.set = d.wanted
		_ = set(d.wanted) // a connection that has ended is found out by its use
	}
}
