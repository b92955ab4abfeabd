package eventra

import (
	"maps"
	"slices"
	"time"
)

// Limits of what a shop notes about a booking.
const (
	MetadataMax           = 20
	MetadataNameMaxRunes  = 40
	MetadataValueMaxRunes = 500
)

// Metadata are texts, by name, that mean something to whoever has written them.
type Metadata map[string]string

// Validate checks the metadata of a request.
func (m Metadata) Validate(f *Faults, field string) {
	if len(m) > MetadataMax {
		f.Add(field, "too_many", "must have at most %d members", MetadataMax)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		var faults Faults
		validateLine(&faults, field, name, 1, MetadataNameMaxRunes)
		if faults != nil {
			f.Add(field, "invalid_name", "must have names of 1 to %d visible characters", MetadataNameMaxRunes)
			return
		}
		validateText(f, field+"."+name, m[name], 0, MetadataValueMaxRunes)
	}
}

// BookingDetails are what is known about a booking besides what its sale needs.
type BookingDetails struct {
	ConfirmedAt time.Time // zero if it never was
	EndedAt     time.Time // when it expired, or was cancelled or refunded; zero while it is live
	Metadata    Metadata  // nil if it has none
	Customer    Customer
}
