package client

// HoldPlaces holds places in a general-admission section, under an idempotency key.
func (b *Buyer) HoldPlaces(at *Target, event, key, section string, quantity int) Operation {
	return b.do(at, "POST", "/api/v1/bookings", object{"eventId": event, "items": []object{{"section": section, "quantity": quantity}}},
		Operation{Kind: Best, Event: event, Quantity: quantity, Key: key})
}
