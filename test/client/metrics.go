package client

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Metrics returns the samples of one metric by their labels, such as
// `{outcome="timeout"}`.
func (t *Target) Metrics(name string, timeout time.Duration) (map[string]float64, error) {
	at := t
	if t.operations != nil {
		at = t.operations
	}
	r, err := at.call("GET", "/metrics", "", "", nil, timeout)
	if err != nil {
		return nil, err
	}
	if r.status != 200 {
		return nil, fmt.Errorf("metrics of %s: %d", t.Name, r.status)
	}
	samples := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(r.body)); lines.Scan(); {
		rest, found := strings.CutPrefix(lines.Text(), name)
		at := strings.LastIndexByte(rest, ' ')
		if !found || at < 0 || (at > 0 && rest[0] != '{') {
			continue
		}
		if value, err := strconv.ParseFloat(rest[at+1:], 64); err == nil {
			samples[rest[:at]] = value
		}
	}
	return samples, nil
}
