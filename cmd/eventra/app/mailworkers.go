package app

import (
	"math"
	"time"
)

const (
	mailWorkersMin, mailWorkersMax = 4, 256
	// mailWorkersDerivedMax bounds what a rate alone may ask for: each worker has a
	// connection to the mail server.
	mailWorkersDerivedMax = 64
	// mailWaitMax is how long a worker may wait for its turn by the rate.
	mailWaitMax = 10 * time.Second
	// mailTime is how long a mail server is expected to take for a mail.
	mailTime = 200 * time.Millisecond
)

// mailWorkers returns how many mails are sent at a time: as many as configured, or as the
// rate needs with a mail server that takes mailTime for each. More than the rate lets
// through would only wait.
func (c *Config) mailWorkers() int {
	workers := float64(c.MailWorkers)
	if workers == 0 {
		workers = min(max(math.Ceil(c.MailRate*mailTime.Seconds()), mailWorkersMin), mailWorkersDerivedMax)
	}
	return int(max(1, min(workers, c.MailRate*mailWaitMax.Seconds())))
}
