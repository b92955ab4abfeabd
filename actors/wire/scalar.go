package wire

import (
	"fmt"
	"time"

	"github.com/eventra/eventra"
)

// idBytes returns nil for the zero id.
func idBytes(id eventra.ID) []byte {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

// decoder reads scalars and keeps the first error.
type decoder struct{ err error }

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// id reads an id that may be absent.
func (d *decoder) id(b []byte) (id eventra.ID) {
	if len(b) != 0 && len(b) != len(id) {
		d.fail("id of %d bytes", len(b))
		return id
	}
	copy(id[:], b)
	return id
}

// need reads an id that must be present.
func (d *decoder) need(b []byte) eventra.ID {
	id := d.id(b)
	if id.IsZero() {
		d.fail("missing id")
	}
	return id
}

func (d *decoder) hash(b []byte) (hash [32]byte) {
	if len(b) != len(hash) {
		d.fail("hash of %d bytes", len(b))
	}
	copy(hash[:], b)
	return hash
}

func (d *decoder) duration(nanoseconds int64) time.Duration {
	if nanoseconds < 0 {
		d.fail("negative duration %d", nanoseconds)
	}
	return time.Duration(nanoseconds)
}

func (d *decoder) reference(number int64) eventra.Reference {
	if number < 0 || number > int64(eventra.ReferenceMax) {
		d.fail("booking number %d out of range", number)
	}
	return eventra.Reference(number)
}

func timeMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro() // PostgreSQL's precision
}

func microsTime(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

func encodeMoney(m eventra.Money) *Money { return &Money{Amount: m.Amount, Currency: m.Currency} }

func (m *Money) decode() eventra.Money {
	return eventra.Money{Amount: m.GetAmount(), Currency: m.GetCurrency()}
}

func (d *decoder) seatNo(no int32) eventra.SeatNo {
	if no < 0 || no >= eventra.SeatsPerEventMax {
		d.fail("seat number %d out of range", no)
	}
	return eventra.SeatNo(no)
}
