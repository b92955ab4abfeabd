package redis

import (
	"context"
	"errors"
	"net"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/eventra/eventra/sleep"
)

const (
	// pingAfter is how long a subscription may be silent before the server is
	// pinged; pongTimeout bounds the wait for its answer.
	pingAfter   = 5 * time.Second
	pongTimeout = 2 * time.Second

	resubscribeMin, resubscribeMax = 100 * time.Millisecond, 5 * time.Second
)

// subscribe calls receive for each message of a channel until ctx ends. It
// reconnects when the connection is lost, and calls prepare before it connects.
func (db *DB) subscribe(ctx context.Context, channel string, prepare func(context.Context), receive func(payload string)) {
	delay := resubscribeMin
	for ctx.Err() == nil {
		prepare(ctx)
		if db.listen(ctx, channel, receive) {
			delay = resubscribeMin
		}
		_ = sleep.For(ctx, delay)
		delay = min(2*delay, resubscribeMax)
	}
}

// listen returns when the subscription is lost, and whether it was established.
func (db *DB) listen(ctx context.Context, channel string, receive func(string)) (subscribed bool) {
	if db.breaker.Allow() != nil {
		return false
	}
	subscription := db.client.Subscribe(ctx, channel)
	defer subscription.Close()
	defer context.AfterFunc(ctx, func() { subscription.Close() })() // ReceiveTimeout does not respect ctx

	timeout, pinged := pingAfter, false
	for {
		message, err := subscription.ReceiveTimeout(ctx, timeout)
		var fault net.Error
		switch {
		case err == nil:
			timeout, pinged = pingAfter, false
		case errors.As(err, &fault) && fault.Timeout() && !pinged && subscription.Ping(ctx) == nil:
			timeout, pinged = pongTimeout, true
			continue
		default:
			return subscribed
		}
		switch message := message.(type) {
		case *goredis.Subscription:
			subscribed = true
		case *goredis.Message:
			receive(message.Payload)
		}
	}
}
