package client

import (
	"fmt"
	"time"
)

// Footprint is the resources that an instance uses.
type Footprint struct {
	Goroutines, Files int64 // Files: open file descriptors
	Heap, Resident    int64 // bytes: of Go's heap, of the whole process
}

func (f Footprint) String() string {
	const mebibyte = 1 << 20
	return fmt.Sprintf("%d goroutines, %d files, %d MiB of heap, %d MiB in all", f.Goroutines, f.Files, f.Heap/mebibyte, f.Resident/mebibyte)
}

// Footprint reads the instance's footprint from its metrics.
func (t *Target) Footprint(timeout time.Duration) (f Footprint, err error) {
	for name, value := range map[string]*int64{
		"go_goroutines": &f.Goroutines, "process_open_fds": &f.Files,
		"go_memstats_heap_inuse_bytes": &f.Heap, "process_resident_memory_bytes": &f.Resident,
	} {
		samples, err := t.Metrics(name, timeout)
		if err != nil {
			return f, err
		}
		sample, found := samples[""]
		if !found {
			return f, fmt.Errorf("%s has no metric %s", t.Name, name)
		}
		*value = int64(sample)
	}
	return f, nil
}
