package http

import (
	"bytes"
	"sync"
)

// logBuffer is a log that a test can read while requests write.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// logged returns everything that the server has logged.
func (ts *testServer) logged() string { return ts.log.String() }
