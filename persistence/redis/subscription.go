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
	// heartbeat is how long a subscription may be silent before the server is
	// asked whether it is still there; heartbeatAnswer is how long it may take.
	heartbeat       = 5 * time.Second
	heartbeatAnswer = 2 * time.Second

	resubscribeMin, resubscribeMax = 100 * time.Millisecond, 5 * time.Second
)

// subscribe calls heard for each message of a channel until ctx ends, and
// before each time that it listens (again), prepare. It reconnects by itself.
func (db *DB) subscribe(ctx context.Context, channel string, prepare func(context.Context), heard func(payload string)) {
	delay := resubscribeMin
	for ctx.Err() == nil {
		prepare(ctx)
		if db.listen(ctx, channel, heard) {
			delay = resubscribeMin
		}
		_ = sleep.For(ctx, delay)
		delay = min(2*delay, resubscribeMax)
	}
}

// listen returns when the subscription is lost, and whether there was one.
func (db *DB) listen(ctx context.Context, channel string, heard func(string)) (subscribed bool) {
	if db.breaker.Allow() != nil {
		return false
	}
	subscription := db.client.Subscribe(ctx, channel)
	defer subscription.Close()
	defer context.AfterFunc(ctx, func() { subscription.Close() })() // reading does not heed ctx

	patience, pinged := heartbeat, false
	for {
		message, err := subscription.ReceiveTimeout(ctx, patience)
		var fault net.Error
		switch {
		case err == nil:
			patience, pinged = heartbeat, false
		case errors.As(err, &fault) && fault.Timeout() && !pinged && subscription.Ping(ctx) == nil:
			patience, pinged = heartbeatAnswer, true
			continue
		default:
			return subscribed
		}
		switch message := message.(type) {
		case *goredis.Subscription:
			subscribed = true
		case *goredis.Message:
			heard(message.Payload)
		}
	}
}
