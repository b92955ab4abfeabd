// Package wait waits for time to pass and for conditions to hold.
package wait

import (
	"context"
	"fmt"
	"net"
	"time"
)

// Sleep waits for d. It returns the context's cause if the context ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// pollPause is the pause between checks of a condition.
const pollPause = 50 * time.Millisecond

// Until polls until the condition holds. What names the condition in the error.
func Until(ctx context.Context, timeout time.Duration, what string, holds func() bool) error {
	for deadline := time.Now().Add(timeout); !holds(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %v: %s", timeout, what)
		}
		if err := Sleep(ctx, pollPause); err != nil {
			return err
		}
	}
	return nil
}

// Listening polls until somebody accepts connections at an address.
func Listening(ctx context.Context, timeout time.Duration, address string) error {
	return Until(ctx, timeout, address+" to be listened at", func() bool {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}
