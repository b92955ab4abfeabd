package scenario

import (
	"fmt"

	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/loadtest/bench/stage"
)

// What may grow from the second third of a run to the last: by noise, for
// nothing is to grow but the data.
const (
	growthMax      = 0.10
	bytesMore      = 8 << 20
	countMore      = 20
	redisKeysMore  = 50
	keysPerEvent   = 3      // of pages that are cached for a while
	keysPerUser    = 2      // of limits on log-ins, a window each
	rowsJudgedFrom = 10_000 // smaller tables have pages for more than they hold
)

// judgeGrowth compares the medians of the second and the last third: in the
// first one caches fill up, and no event has been idle for long enough to be
// forgotten.
func (b *bench) judgeGrowth(first stage.Sample, samples []stage.Sample, last stage.Sample, events int) {
	keysMore := int64(redisKeysMore + keysPerEvent*events + keysPerUser*b.Settings.Users)
	third := len(samples) / 3
	middle, end := samples[third:2*third], samples[2*third:]
	for _, q := range []struct {
		name   string
		of     func(stage.Sample) int64
		more   int64
		inUnit func(int64) string
	}{
		{"resident memory", func(s stage.Sample) int64 { return s.Resident }, bytesMore, mebibytes},
		{"Go's heap", func(s stage.Sample) int64 { return s.Heap }, bytesMore, mebibytes},
		{"goroutines", func(s stage.Sample) int64 { return s.Goroutines }, countMore, plain},
		{"open files", func(s stage.Sample) int64 { return s.Files }, countMore, plain},
		{"Redis keys beside those of holds", func(s stage.Sample) int64 { return s.RedisKeys - s.Holds }, keysMore, plain},
		{"Redis memory", func(s stage.Sample) int64 { return s.RedisBytes }, bytesMore, mebibytes},
	} {
		before, after := medianOf(middle, q.of), medianOf(end, q.of)
		b.say("  = %s: %s in the second third, %s in the last", q.name, q.inUnit(before), q.inUnit(after))
		if after > before+int64(growthMax*float64(before))+q.more {
			b.fault("%s: %s grew to %s", q.name, q.inUnit(before), q.inUnit(after))
		}
	}
	if last.RedisKeys > first.RedisKeys+keysMore {
		b.fault("%d Redis keys were left, %d at first", last.RedisKeys, first.RedisKeys)
	}
	b.judgeTables(samples[third], last)
}

// judgeTables asks whether a table grew by more than its rows.
func (b *bench) judgeTables(before, after stage.Sample) {
	b.say("  = PostgreSQL's tables with their indexes, after a third of the time and at the end")
	earlier := map[string]stage.Table{}
	for _, t := range before.Tables {
		earlier[t.Name] = t
	}
	for _, t := range after.Tables {
		was := earlier[t.Name]
		b.say("    %-18s %9d → %9d rows, %9s → %9s, %5.0f → %5.0f B a row; %.1f %% dead, %.1f %% free", t.Name, was.Rows, t.Rows,
			mebibytes(was.Bytes), mebibytes(t.Bytes), was.BytesPerRow(), t.BytesPerRow(), t.Dead, t.Free)
		if was.Rows >= rowsJudgedFrom && t.BytesPerRow() > was.BytesPerRow()*(1+growthMax) {
			b.fault("%s takes %.0f bytes a row, %.0f before", t.Name, t.BytesPerRow(), was.BytesPerRow())
		}
	}
}

func medianOf(samples []stage.Sample, of func(stage.Sample) int64) int64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = float64(of(s))
	}
	return int64(figures.Median(values))
}

func plain(n int64) string { return fmt.Sprint(n) }

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
