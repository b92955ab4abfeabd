package wire

import (
	"cmp"
	"slices"

	"github.com/eventra/eventra"
)

// encodeItems returns the items that are seats, and those that are places. A member of the
// release before reads the seats alone.
func encodeItems(items []eventra.Item, currency string) (seats, places []*BookedSeat) {
	seats = make([]*BookedSeat, 0, len(items))
	for i := range items {
		item := &items[i]
		out := &BookedSeat{No: int32(item.No), Section: item.Section, Row: item.Row, Number: int32(item.Number),
			Price:    &Money{Amount: item.Amount, Currency: currency},
			Category: item.Category, TicketType: item.TicketType, Released: item.Released,
			CategoryNo: int32(item.CategoryNo), TicketTypeNo: int32(item.TicketTypeNo)}
		if item.Seated() {
			seats = append(seats, out)
			continue
		}
		out.No, out.Position, out.Floor = 0, int32(i), int32(item.Floor)
		places = append(places, out)
	}
	return seats, places
}

// items undoes encodeItems.
func (d *decoder) items(seats, places []*BookedSeat) []eventra.Item {
	items := make([]eventra.Item, 0, len(seats)+len(places))
	for _, seat := range seats {
		item := d.item(seat)
		item.No = d.seatNo(seat.GetNo())
		items = append(items, item)
	}
	for _, place := range places {
		item := d.item(place)
		at, floor := int(place.GetPosition()), place.GetFloor()
		if at < 0 || at > len(items) || floor < 0 || floor >= eventra.FloorsPerEventMax {
			d.fail("place %d of floor %d out of range", at, floor)
			return items
		}
		item.No, item.Floor = eventra.NoSeat, int16(floor)
		items = slices.Insert(items, at, item)
	}
	return items
}

// item decodes what seats and places have. A member of the release before says neither its category nor its
// ticket type: there was one of each.
func (d *decoder) item(s *BookedSeat) eventra.Item {
	return eventra.Item{Section: s.GetSection(), Row: s.GetRow(), Number: int(s.GetNumber()),
		Category: cmp.Or(s.GetCategory(), s.GetSection()), TicketType: cmp.Or(s.GetTicketType(), eventra.TicketTypeStandard),
		Amount: s.GetPrice().GetAmount(), Released: s.GetReleased(),
		CategoryNo: eventra.CategoryNo(s.GetCategoryNo()), TicketTypeNo: eventra.TicketTypeNo(s.GetTicketTypeNo())}
}
