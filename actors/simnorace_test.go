//go:build !race

package actors

const simSchedulesDefault = 100_000
