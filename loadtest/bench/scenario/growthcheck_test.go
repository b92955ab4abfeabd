package scenario

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/test/client"
)

func TestBench_JudgeGrowth_ComparesThirds(t *testing.T) {
	t.Parallel()
	const mebibyte = 1 << 20
	grow := func(change func(s *system.Sample, minute int64)) (samples []system.Sample) {
		for minute := range int64(30) {
			s := system.Sample{Footprint: client.Footprint{Resident: 90 * mebibyte, Heap: 40 * mebibyte, Goroutines: 80, Files: 50}, Holds: 5000, RedisKeys: 5010,
				Tables: []system.Table{{Name: "bookings", Rows: 20_000 * (minute + 1), Bytes: 400 * 20_000 * (minute + 1)}}}
			change(&s, minute)
			samples = append(samples, s)
		}
		return samples
	}
	for name, c := range map[string]struct {
		change   func(s *system.Sample, minute int64)
		failures int
	}{
		"nothing but data":          {func(*system.Sample, int64) {}, 0},
		"what fills up at first":    {func(s *system.Sample, minute int64) { s.Resident += min(minute, 10) * 10 * mebibyte }, 0},
		"memory":                    {func(s *system.Sample, minute int64) { s.Resident += minute * 4 * mebibyte }, 1},
		"one sample out of step":    {func(s *system.Sample, minute int64) { s.Heap += minute / 29 * 900 * mebibyte }, 0},
		"goroutines and files":      {func(s *system.Sample, minute int64) { s.Goroutines += 5 * minute; s.Files += 5 * minute }, 2},
		"Redis keys with the holds": {func(s *system.Sample, minute int64) { s.RedisKeys += 100 * minute; s.Holds += 100 * minute }, 0},
		"Redis keys of no hold":     {func(s *system.Sample, minute int64) { s.RedisKeys += 100 * minute }, 1},
		"a table beyond its rows":   {func(s *system.Sample, minute int64) { s.Tables[0].Bytes += minute * minute * mebibyte }, 1},
		"a small table": {func(s *system.Sample, minute int64) {
			s.Tables[0].Rows, s.Tables[0].Bytes = 50, (1+minute)*mebibyte
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			samples := grow(c.change)
			last := samples[len(samples)-1]
			last.RedisKeys, last.Holds = 10, 0
			b := &bench{out: io.Discard}
			b.judgeGrowth(system.Sample{RedisKeys: 8}, samples, last, 1)
			require.Len(t, b.failures, c.failures)
		})
	}
	b := &bench{out: io.Discard}
	b.judgeGrowth(system.Sample{RedisKeys: 8}, grow(func(*system.Sample, int64) {}), system.Sample{RedisKeys: 800}, 40)
	require.Len(t, b.failures, 1, "keys that are left when nothing is held")
}
