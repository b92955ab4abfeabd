package load

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/eventra/eventra/test/client"
)

// Counter sells one event's seats to shoppers: a few at the front are for
// everybody to fight over, the others are given out once each.
type Counter struct {
	*client.Sale
	contended int
	next      atomic.Int64
}

// contendedMax is how many seats at most are fought over.
const contendedMax = 40

// NewCounter opens a counter for a sale.
func NewCounter(sale *client.Sale) *Counter {
	c := &Counter{Sale: sale, contended: min(contendedMax, sale.Size()/4)}
	c.next.Store(int64(c.contended))
	return c
}

// Fresh gives out n seats that nobody was given before; none when there are
// no more.
func (c *Counter) Fresh(n int) (seats []string) {
	end := int(c.next.Add(int64(n)))
	if end > c.Size() {
		return nil
	}
	for i := end - n; i < end; i++ {
		seats = append(seats, c.Seat(i))
	}
	return seats
}

// Wanted names one of the seats that many want.
func (c *Counter) Wanted(dice *rand.Rand) string { return c.Seat(dice.IntN(c.contended)) }
