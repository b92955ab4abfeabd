package auth

import "time"

const (
	// usagePeriod is how long turns count, at most twice that.
	usagePeriod = time.Minute
	// usageAddressesMax bounds the addresses of a period.
	usageAddressesMax = 4096
)

// usage counts the turns of each address of late. It forgets the older of two periods when
// the newer is over or has its fill of addresses.
type usage struct {
	now, before map[string]int
	begun       time.Time
}

func newUsage() usage { return usage{now: map[string]int{}, begun: time.Now()} }

func (u *usage) of(address string) int { return u.now[address] + u.before[address] }

func (u *usage) add(address string) {
	if len(u.now) >= usageAddressesMax || time.Since(u.begun) > usagePeriod {
		u.now, u.before, u.begun = map[string]int{}, u.now, time.Now()
	}
	u.now[address]++
}
