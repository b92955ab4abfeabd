package load

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/eventra/eventra/test/client"
)

// SeatSource hands out the seats of a sale. The first ones are contended: any
// number of buyers get them. Each of the others is handed out once.
type SeatSource struct {
	*client.Sale
	contended int
	next      atomic.Int64
}

// contendedMax bounds the number of contended seats.
const contendedMax = 40

// NewSeatSource returns a source of all seats of a sale.
func NewSeatSource(sale *client.Sale) *SeatSource {
	s := &SeatSource{Sale: sale, contended: min(contendedMax, sale.Size()/4)}
	s.next.Store(int64(s.contended))
	return s
}

// Fresh hands out n seats for the first time. It returns nil if fewer are left.
func (s *SeatSource) Fresh(n int) (seats []string) {
	end := int(s.next.Add(int64(n)))
	if end > s.Size() {
		return nil
	}
	for i := end - n; i < end; i++ {
		seats = append(seats, s.Seat(i))
	}
	return seats
}

// Contended returns one of the contended seats.
func (s *SeatSource) Contended(random *rand.Rand) string { return s.Seat(random.IntN(s.contended)) }
