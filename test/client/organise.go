package client

import "time"

// organise carries out what an organiser does to a sale.
func (a *Admin) organise(at *Target, s *Sale, method, path string, body any, o Operation) Operation {
	o.Event = s.ID
	return at.perform(method, s.path(path), a.Token(), body, callTimeout, a.Recorder, o)
}

// Free returns the seats that a map shows as available; none if there is no map to be had.
func (a *Admin) Free(at *Target, s *Sale) map[string]bool {
	o := at.perform("GET", s.path("/seats"), a.Token(), nil, callTimeout, nil, Operation{Kind: Map, Event: s.ID})
	free := map[string]bool{}
	for seat, status := range o.SeatMap {
		free[seat] = status == "AVAILABLE"
	}
	return free
}

// Block keeps seats off sale. All tries have the same act.
func (a *Admin) Block(at *Target, s *Sale, act string, seats []string) Operation {
	return a.organise(at, s, "PATCH", "/seats", object{"seats": seats, "set": object{"status": "BLOCKED", "reason": "press"}},
		Operation{Kind: Block, Act: act, Seats: seats})
}

// Unblock gives blocked seats back.
func (a *Admin) Unblock(at *Target, s *Sale, act string, seats []string) Operation {
	return a.organise(at, s, "PATCH", "/seats", object{"seats": seats, "set": object{"status": "AVAILABLE"}},
		Operation{Kind: Unblock, Act: act, Seats: seats})
}

// Remove removes seats that nobody has or had.
func (a *Admin) Remove(at *Target, s *Sale, act string, seats []string) Operation {
	return a.organise(at, s, "POST", "/seats/remove", object{"seats": seats}, Operation{Kind: Remove, Act: act, Key: act, Seats: seats})
}

// Reprice sets the prices of a pricing, which has a number.
func (a *Admin) Reprice(at *Target, s *Sale, act string, number int) Operation {
	return a.organise(at, s, "PUT", "/pricing", pricing(number), Operation{Kind: Reprice, Act: act, Pricing: number})
}

// Reschedule moves an event by some days.
func (a *Admin) Reschedule(at *Target, s *Sale, act string, days int) Operation {
	starts := eventStarts().Truncate(24*time.Hour).AddDate(0, 0, days)
	return a.organise(at, s, "POST", "/reschedule", object{"startsAt": starts.Format(time.RFC3339),
		"endsAt": starts.Add(2 * time.Hour).Format(time.RFC3339), "message": "The soloist is ill."}, Operation{Kind: Reschedule, Act: act, Key: act})
}

// Cancel cancels an event.
func (a *Admin) Cancel(at *Target, s *Sale, act string) Operation {
	return a.organise(at, s, "POST", "/cancel", object{"reason": "The hall is closed."}, Operation{Kind: Cancel, Act: act, Key: act})
}
