package client

// RefundPart returns money of a booking, for some of its items or none, under an idempotency key.
func (a *Admin) RefundPart(at *Target, event, booking, key string, r Refund) Operation {
	body := object{"items": append([]int{}, r.Items...), "release": r.Released, "reason": "One of us is ill."}
	if r.All {
		body["items"] = "all"
	}
	if r.Amount != ItemsPrice {
		body["amount"] = r.Amount
	}
	return a.refund(at, booking, "/refunds", body, Operation{Kind: RefundPart, Event: event, Booking: booking, Key: key, Return: r})
}

// RefundRest ends a booking and returns what is left of its money, under an idempotency key.
func (a *Admin) RefundRest(at *Target, event, booking, key string) Operation {
	return a.refund(at, booking, "/refund", nil, Operation{Kind: RefundRest, Event: event, Booking: booking, Key: key})
}

func (a *Admin) refund(at *Target, booking, path string, body any, o Operation) Operation {
	return at.perform("POST", "/api/v1/bookings/"+booking+path, a.Token(), body, callTimeout, a.Recorder, o)
}
