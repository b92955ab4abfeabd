package redis

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/eventra/eventra"
)

// keyEventsSetting makes the server announce expired keys when it has E
// (key events) and x (expired).
const (
	keyEventsSetting = "notify-keyspace-events"
	keyEventsNeeded  = "Ex"
)

// HoldExpiries hears of hold keys that expired: actors.HoldExpiries.
type HoldExpiries struct{ db *DB }

// NewHoldExpiries makes HoldExpiries of a database.
func NewHoldExpiries(db *DB) *HoldExpiries { return &HoldExpiries{db} }

// Listen implements actors.HoldExpiries; it returns nil when ctx ends.
func (h *HoldExpiries) Listen(ctx context.Context, heard func(eventID, bookingID eventra.ID)) error {
	var warn sync.Once
	announce := func(ctx context.Context) {
		if err := h.announceExpiries(ctx); err != nil && !isAway(err) {
			warn.Do(func() {
				slog.Warn("redis does not announce expired keys, and this program may not make it: "+
					"holds end by timer and sweep alone; have "+keyEventsSetting+" include "+keyEventsNeeded, "error", err)
			})
		}
	}
	channel := "__keyevent@" + strconv.Itoa(h.db.options.DB) + "__:expired"
	h.db.subscribe(ctx, channel, announce, func(key string) {
		if eventID, bookingID, ours := parseHoldKey(key); ours {
			heard(eventID, bookingID)
		}
	})
	return nil
}

// announceExpiries adds what is missing to the setting and leaves what others
// need. A server that started anew has forgotten it.
func (h *HoldExpiries) announceExpiries(ctx context.Context) error {
	settings, err := h.db.client.ConfigGet(ctx, keyEventsSetting).Result()
	if err != nil {
		return err
	}
	set := settings[keyEventsSetting]
	wanted := withKeyEvents(set)
	if wanted == set {
		return nil
	}
	return h.db.client.ConfigSet(ctx, keyEventsSetting, wanted).Err()
}

// withKeyEvents adds the flags needed; A stands for all kinds of events, x among them.
func withKeyEvents(set string) string {
	for _, flag := range keyEventsNeeded {
		if !strings.ContainsRune(set, flag) && (flag != 'x' || !strings.Contains(set, "A")) {
			set += string(flag)
		}
	}
	return set
}
