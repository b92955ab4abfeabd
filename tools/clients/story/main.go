// Command story lives the whole story of Eventra with the client that ogen generates: an
// account, a sale, a refund, the back office, and a shop with a key. Each request goes to
// the next of the instances that EVENTRA_URLS names. bin/members starts them.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	began := time.Now()
	t, err := newTour(strings.Fields(os.Getenv("EVENTRA_URLS")))
	if err != nil {
		fail("EVENTRA_URLS: %v", err)
	}
	night := organise(ctx, t)
	buyer := openAccount(ctx, t, night)
	booking := buy(ctx, buyer, night)
	refundOne(ctx, night, buyer, booking)
	lookBack(ctx, night, buyer, booking)
	sellByKey(ctx, t, night)
	leave(ctx, buyer)
	fmt.Printf("ogen: the story is told in %d requests at %d instances, in %v\n", t.requests.Load(), len(t.urls), time.Since(began).Round(time.Millisecond))
}

// fail ends the program: a story that goes wrong has no rest.
func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "story: "+format+"\n", args...)
	os.Exit(1)
}

func check(holds bool, format string, args ...any) {
	if !holds {
		fail(format, args...)
	}
}
