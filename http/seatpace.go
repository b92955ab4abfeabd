package http

import "time"

const (
	// paceSpread is the time over which a round of writes is spread, paceSlice the number of
	// writes in a row, and pacePauseMin the shortest pause that is worth a wake-up.
	paceSpread   = 100 * time.Millisecond
	paceSlice    = 32
	pacePauseMin = time.Millisecond
	// paceRestMax bounds the rest after a round.
	paceRestMax = streamPeriod
)

// fanOutPace spreads the writes of a round, so that the requests that come meanwhile do not
// wait for all of them, and measures what they take.
type fanOutPace struct {
	begun  time.Time
	paused time.Duration
	total  int // of the writes in this round, at most
	writes int
}

func (p *fanOutPace) begin(now time.Time, total int) { *p = fanOutPace{begun: now, total: total} }

// wrote counts a write, pauses if the round is ahead of its time, and returns the time.
func (p *fanOutPace) wrote(now time.Time) time.Time {
	if p.writes++; p.writes%paceSlice != 0 {
		return now
	}
	now = time.Now()
	ahead := time.Duration(int64(paceSpread)*int64(p.writes)/int64(max(p.total, p.writes))) - now.Sub(p.begun)
	if p.total < 2*paceSlice || ahead < pacePauseMin {
		return now
	}
	return p.pause(now, ahead)
}

// rest pauses for as long as the round has worked.
func (p *fanOutPace) rest() {
	now := time.Now()
	if worked := now.Sub(p.begun) - p.paused; worked > 0 {
		p.pause(now, min(worked, paceRestMax))
	}
}

func (p *fanOutPace) pause(now time.Time, d time.Duration) time.Time {
	timer := time.NewTimer(d)
	defer timer.Stop()
	after := <-timer.C
	p.paused += after.Sub(now)
	return after
}
