package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadiness_JoinsConsecutiveOutages(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	at := func(s float64) time.Time { return began.Add(time.Duration(s * float64(time.Second))) }
	r := readiness{outages: map[string][]outage{}}
	r.add("i1", outage{at(10), at(10.1)})
	r.add("i1", outage{at(10.05), at(11)}) // the same outage
	r.add("i2", outage{at(10.05), at(10.2)})
	r.add("i1", outage{at(20), at(20.5)})
	require.Len(t, r.outages["i1"], 2)
	require.Equal(t, "1.0 s, i1", r.longest())
}
