package app

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra/actors/cluster"
)

// logBacklogBytes bounds the lines that wait for the reader of the log: some
// ten thousand.
const logBacklogBytes = 4 << 20

// logPause is how long lines wait for others, so that a rush writes many at once.
const logPause = 2 * time.Millisecond

// LogWriter writes lines in the background, so that nobody waits for the log's
// reader. It drops and counts the lines for which there is no room.
type LogWriter struct {
	to      io.Writer
	dropped atomic.Uint64
	wake    chan struct{}

	mu       sync.Mutex
	waiting  []byte // whole lines
	written  []byte // what the next lines are collected in
	writing  int    // bytes that are being written
	idle     chan struct{}
	bytesMax int
}

// NewLogWriter writes to a writer that may block. The goroutine that writes ends
// with the process.
func NewLogWriter(to io.Writer) *LogWriter { return newLogWriter(to, logBacklogBytes) }

func newLogWriter(to io.Writer, bytesMax int) *LogWriter {
	w := &LogWriter{to: to, wake: make(chan struct{}, 1), bytesMax: bytesMax}
	go w.run()
	return w
}

// Write implements io.Writer for one or more whole lines. It never blocks and
// never fails.
func (w *LogWriter) Write(lines []byte) (int, error) {
	w.mu.Lock()
	if w.writing+len(w.waiting)+len(lines) > w.bytesMax {
		w.mu.Unlock()
		w.dropped.Add(1)
		return len(lines), nil
	}
	w.waiting = append(w.waiting, lines...)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // the writer is awake already, and looks once more
	}
	return len(lines), nil
}

// Dropped returns how many lines were dropped.
func (w *LogWriter) Dropped() uint64 { return w.dropped.Load() }

// Flush returns when every line has been written, or ctx ends.
func (w *LogWriter) Flush(ctx context.Context) error {
	w.mu.Lock()
	if w.writing+len(w.waiting) == 0 {
		w.mu.Unlock()
		return nil
	}
	if w.idle == nil {
		w.idle = make(chan struct{})
	}
	idle := w.idle
	w.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// measure is a [Loop] that registers the count of dropped lines.
func (w *LogWriter) measure(_ context.Context, _ *cluster.Node, metrics prometheus.Registerer) {
	metrics.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "eventra_log_lines_dropped_total", Help: "Lines of the log that were dropped because nobody read them in time.",
	}, func() float64 { return float64(w.Dropped()) }))
}

func (w *LogWriter) run() {
	for range w.wake {
		time.Sleep(logPause)
		if lines := w.take(); len(lines) > 0 { // none if all were taken during the pause before
			_, _ = w.to.Write(lines) // there is nowhere to report that the log is lost
		}
		w.wrote()
	}
}

// take returns the lines that wait. Those taken before have been written, and others are
// collected in their place.
func (w *LogWriter) take() (lines []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines, w.waiting, w.written = w.waiting, w.written[:0], w.waiting
	w.writing = len(lines)
	return lines
}

// wrote notes that the lines taken last have been written.
func (w *LogWriter) wrote() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writing = 0
	if len(w.waiting) == 0 && w.idle != nil {
		close(w.idle)
		w.idle = nil
	}
}
