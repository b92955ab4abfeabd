package readers

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/test/client"
)

// AgeMax is how old an answer may be.
const AgeMax = time.Second

// Summary is what the readers were answered.
type Summary struct {
	Answers, Versions int
	Bytes             int64
	Decoded           int // samples
	AgeP99, AgeMax    time.Duration
	Err               error // joins all that was wrong
}

func (s *Summary) String() string {
	return fmt.Sprintf("%d maps of %d versions read (%d kB each, age p99 %d ms, at most %d ms, %d decoded),", s.Answers, s.Versions,
		s.Bytes/int64(max(1, s.Answers))/1000, s.AgeP99.Milliseconds(), s.AgeMax.Milliseconds(), s.Decoded)
}

func (r *Reading) summary() *Summary {
	s := &Summary{Answers: len(r.answers), Versions: len(r.bodies), Bytes: r.bytes, Decoded: len(r.samples), Err: errors.Join(r.faults...)}
	var ages []time.Duration
	for _, a := range r.answers {
		ages = append(ages, age(a, r.observer.seen))
	}
	slices.Sort(ages)
	s.AgeP99, s.AgeMax = stats.Quantile(ages, 0.99), stats.Quantile(ages, 1)
	if s.AgeMax > AgeMax {
		s.Err = errors.Join(s.Err, fmt.Errorf("an answer is %v old", s.AgeMax))
	}
	if s.Answers == 0 {
		s.Err = errors.Join(s.Err, errors.New("no map was read"))
	}
	s.Err = errors.Join(s.Err, r.checkSamples())
	return s
}

// checkSamples decodes the samples in the order of their versions. No hold of the run
// ends, so that no seat becomes free again.
func (r *Reading) checkSamples() (err error) {
	slices.SortStableFunc(r.samples, func(a, b sample) int {
		av, _, _ := parseTag(a.tag)
		bv, _, _ := parseTag(b.tag)
		return cmp.Or(a.sale-b.sale, cmp.Compare(av, bv))
	})
	var before map[string]string
	for i, s := range r.samples {
		if i > 0 && r.samples[i-1].sale != s.sale {
			before = nil
		}
		seats, e := decode(s, r.Coding, r.Sales[s.sale].House)
		err = errors.Join(err, e, freed(before, seats))
		before = seats
	}
	return err
}

// freed returns an error if a seat that was taken is free.
func freed(before, now map[string]string) error {
	for seat, status := range before {
		if status != "AVAILABLE" && now[seat] == "AVAILABLE" {
			return fmt.Errorf("seat %s is free again, though no hold has ended", seat)
		}
	}
	return nil
}

// decode returns the status of each seat, if the answer is a whole map of the house in
// the version that its tag says.
func decode(s sample, coding string, house client.House) (map[string]string, error) {
	raw, err := unpack(s.body, coding)
	if err != nil {
		return nil, err
	}
	var body struct {
		Version uint64
		Seats   []struct{ Seat, Status string }
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, fmt.Errorf("a map is not as described: %w", err)
	}
	version, size, err := parseTag(s.tag)
	if err != nil {
		return nil, err
	}
	if body.Version != version || len(body.Seats) != size || size != house.Size() {
		return nil, fmt.Errorf("a map of version %d has %d seats and the tag %s", body.Version, len(body.Seats), s.tag)
	}
	seats := make(map[string]string, size)
	for _, seat := range body.Seats {
		seats[seat.Seat] = seat.Status
	}
	for n := range size {
		if status := seats[house.Seat(n)]; status != "AVAILABLE" && status != "HELD" {
			return nil, fmt.Errorf("version %d has seat %s as %q", version, house.Seat(n), status)
		}
	}
	return seats, nil
}

// unpack decodes a content coding.
func unpack(body []byte, coding string) ([]byte, error) {
	switch coding {
	case "br":
		return io.ReadAll(brotli.NewReader(bytes.NewReader(body)))
	case "gzip":
		unzip, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(unzip)
	}
	return body, nil
}

// parseTag reads the version and the number of seats from a map's ETag, such as
// "17-5000-br".
func parseTag(tag string) (version uint64, seats int, err error) {
	parts := strings.Split(strings.Trim(tag, `"`), "-")
	if len(parts) >= 2 {
		if version, err = strconv.ParseUint(parts[0], 10, 64); err == nil {
			if seats, err = strconv.Atoi(parts[1]); err == nil {
				return version, seats, nil
			}
		}
	}
	return 0, 0, fmt.Errorf("%q is not the tag of a seat map", tag)
}
