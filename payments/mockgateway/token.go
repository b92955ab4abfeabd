package mockgateway

import (
	"strconv"
	"strings"
	"time"
)

// tokenDelayMax is the longest delay that a token can ask for.
const tokenDelayMax = time.Minute

// tokenDelay returns how long a token delays its charge; slow is false if it
// does not ask for a delay.
func tokenDelay(token string) (delay time.Duration, slow bool) {
	digits, slow := strings.CutPrefix(token, "tok_slow_")
	ms, err := strconv.ParseUint(digits, 10, 32)
	delay = time.Duration(ms) * time.Millisecond
	return delay, slow && err == nil && delay <= tokenDelayMax
}
