package app

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLogWriter_DropsAndCountsWhileNobodyReads(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = writer.Close() })
	t.Cleanup(func() { _ = reader.Close() })
	w := newLogWriter(writer, 1<<20)
	log := slog.New(slog.NewJSONHandler(w, nil))
	const lines = 40000 // more than a pipe and the backlog hold
	begun := time.Now()
	for i := range lines {
		log.Info("request", "number", i, "route", "/bookings/:id")
	}
	require.Less(t, time.Since(begun), 10*time.Second)
	require.Positive(t, w.Dropped())
	brief, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, w.Flush(brief), context.DeadlineExceeded)

	read := make(chan int, 1) // the reader returns
	go func() {
		n := 0
		for scanner := bufio.NewScanner(reader); scanner.Scan(); n++ {
			if scanner.Text()[0] != '{' || scanner.Text()[len(scanner.Text())-1] != '}' {
				t.Error("not a whole line: ", scanner.Text())
			}
		}
		read <- n
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, w.Flush(ctx))
	dropped := w.Dropped()
	log.Info("the last line")
	require.NoError(t, w.Flush(ctx))
	require.Equal(t, dropped, w.Dropped())
	require.NoError(t, writer.Close())
	require.Equal(t, lines+1, <-read+int(dropped))
}
