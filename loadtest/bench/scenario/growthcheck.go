package scenario

import (
	"fmt"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
)

// What may grow from the second third of a run to the last, by noise.
const (
	growthMax      = 0.10
	bytesMore      = 8 << 20
	countMore      = 20
	redisKeysMore  = 50
	keysPerEvent   = 3      // cached pages
	keysPerUser    = 2      // windows of the rate limit on log-ins
	rowsJudgedFrom = 10_000 // smaller tables are dominated by their first pages
)

// judgeGrowth compares the medians of the second and the last third. In the first
// third, caches fill and no activation has been idle long enough to end.
func (b *bench) judgeGrowth(first system.Sample, samples []system.Sample, last system.Sample, events int) {
	keysMore := int64(redisKeysMore + keysPerEvent*events + keysPerUser*b.Settings.Users)
	third := len(samples) / 3
	middle, end := samples[third:2*third], samples[2*third:]
	for _, q := range []struct {
		name   string
		of     func(system.Sample) int64
		more   int64
		inUnit func(int64) string
	}{
		{"resident memory", func(s system.Sample) int64 { return s.Resident }, bytesMore, mebibytes},
		{"Go's heap", func(s system.Sample) int64 { return s.Heap }, bytesMore, mebibytes},
		{"goroutines", func(s system.Sample) int64 { return s.Goroutines }, countMore, plain},
		{"open files", func(s system.Sample) int64 { return s.Files }, countMore, plain},
		{"Redis keys besides those of holds", func(s system.Sample) int64 { return s.RedisKeys - s.Holds }, keysMore, plain},
		{"Redis memory", func(s system.Sample) int64 { return s.RedisBytes }, bytesMore, mebibytes},
	} {
		before, after := medianOf(middle, q.of), medianOf(end, q.of)
		b.say("  = %s: %s in the second third, %s in the last", q.name, q.inUnit(before), q.inUnit(after))
		if after > before+int64(growthMax*float64(before))+q.more {
			b.fail("%s: %s grew to %s", q.name, q.inUnit(before), q.inUnit(after))
		}
	}
	if last.RedisKeys > first.RedisKeys+keysMore {
		b.fail("%d Redis keys were left, %d at first", last.RedisKeys, first.RedisKeys)
	}
	b.judgeTables(samples[third], last)
}

// judgeTables checks that no table grew by more than its rows.
func (b *bench) judgeTables(before, after system.Sample) {
	b.say("  = PostgreSQL's tables with their indexes, after a third of the time and at the end")
	earlier := map[string]system.Table{}
	for _, t := range before.Tables {
		earlier[t.Name] = t
	}
	for _, t := range after.Tables {
		was := earlier[t.Name]
		b.say("    %-18s %9d → %9d rows, %9s → %9s, %5.0f → %5.0f B a row; %.1f %% dead, %.1f %% free", t.Name, was.Rows, t.Rows,
			mebibytes(was.Bytes), mebibytes(t.Bytes), was.BytesPerRow(), t.BytesPerRow(), t.Dead, t.Free)
		if was.Rows >= rowsJudgedFrom && t.BytesPerRow() > was.BytesPerRow()*(1+growthMax) {
			b.fail("%s takes %.0f bytes a row, %.0f before", t.Name, t.BytesPerRow(), was.BytesPerRow())
		}
	}
}

func medianOf(samples []system.Sample, of func(system.Sample) int64) int64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = float64(of(s))
	}
	return int64(stats.Median(values))
}

func plain(n int64) string { return fmt.Sprint(n) }

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
