package eventra

// SetOrphanRule changes the rule with claims in flight, which a new activation never has.
func (m *SeatMap) SetOrphanRule(rule OrphanRule) { m.terms.OrphanRule = rule }
