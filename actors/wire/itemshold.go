package wire

import "github.com/eventra/eventra"

func encodeItemsHold(hold *HoldSeats, cmd *eventra.HoldSeats) *ItemsHold {
	out := &ItemsHold{Hold: hold}
	for _, item := range cmd.Items {
		out.Items = append(out.Items, &ItemRequest{Seat: item.Seat, Section: item.Section, Quantity: int32(item.Quantity), TicketType: item.TicketType})
	}
	if cmd.Best != nil {
		out.Category = cmd.Best.Category
		for _, t := range cmd.Best.TicketTypes {
			out.Counts = append(out.Counts, &TicketTypeCount{Name: t.Name, Count: int32(t.Count)})
		}
	}
	if a := cmd.Attempt; a != nil {
		out.Route, out.Key, out.RequestHash = a.Key.Route, a.Key.Key, a.RequestHash[:]
	}
	return out
}

func (d *decoder) itemsHold(h *ItemsHold) *eventra.HoldSeats {
	cmd := d.seatsOfHold(h.GetHold())
	for _, item := range h.GetItems() {
		cmd.Items = append(cmd.Items, eventra.ItemRequest{Seat: item.GetSeat(), Section: item.GetSection(), Quantity: int(item.GetQuantity()),
			TicketType: item.GetTicketType()})
	}
	if cmd.Best != nil {
		cmd.Best.Category = h.GetCategory()
		for _, t := range h.GetCounts() {
			cmd.Best.TicketTypes = append(cmd.Best.TicketTypes, eventra.TicketTypeCount{Name: t.GetName(), Count: int(t.GetCount())})
		}
	}
	d.validate(cmd)
	if len(h.GetRequestHash()) > 0 {
		d.attempt(cmd, h.GetRoute(), h.GetKey(), h.GetRequestHash())
	}
	return cmd
}
