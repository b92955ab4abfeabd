package admission

const (
	// connectionsMaxDefault takes some hundred megabytes if all are in use.
	connectionsMaxDefault = 16_384
	// descriptorsReserved are for the stores, the other members and files, unless that
	// is more than half of all.
	descriptorsReserved = 256
)

// ConnectionsMax returns how many connections a listener of this process should have, so
// that the rest of the program can open files.
func ConnectionsMax() int { return connectionsFor(descriptorsMax()) }

func connectionsFor(descriptors uint64) int {
	if descriptors == 0 {
		return connectionsMaxDefault
	}
	return int(min(connectionsMaxDefault, max(1, descriptors-min(descriptorsReserved, descriptors/2))))
}
