package app

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	web "github.com/eventra/eventra/http"
)

// RateLimits are limits by class, written "bookings=20/1s,auth=10/1m" or "off".
type RateLimits map[string]web.RateLimit

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *RateLimits) UnmarshalText(text []byte) error {
	*l = RateLimits{}
	if s := strings.TrimSpace(string(text)); s == "off" || s == "" {
		return nil
	}
	for part := range strings.SplitSeq(string(text), ",") {
		class, limit, _ := strings.Cut(strings.TrimSpace(part), "=")
		requests, window, _ := strings.Cut(limit, "/")
		n, err := strconv.Atoi(requests)
		d, err2 := time.ParseDuration(window)
		if err != nil || err2 != nil || n < 1 || d < time.Second || d > time.Hour {
			return fmt.Errorf("%q is not of the form class=requests/window, such as bookings=20/1s with a window of 1s to 1h", part)
		}
		if !slices.Contains(web.RateClasses, class) {
			return fmt.Errorf("%q is not one of the classes %s", class, strings.Join(web.RateClasses, ", "))
		}
		(*l)[class] = web.RateLimit{Requests: n, Window: d}
	}
	return nil
}
