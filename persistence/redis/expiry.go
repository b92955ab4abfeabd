package redis

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/eventra/eventra"
)

// keyEventsSetting makes the server announce expired keys if it contains E (key
// events) and x (expired).
const (
	keyEventsSetting = "notify-keyspace-events"
	keyEventsNeeded  = "Ex"
)

// HoldExpiries announces expired hold keys. It implements actors.HoldExpiries.
type HoldExpiries struct{ db *DB }

// NewHoldExpiries makes the HoldExpiries of a database.
func NewHoldExpiries(db *DB) *HoldExpiries { return &HoldExpiries{db} }

// Listen implements actors.HoldExpiries; it returns nil when ctx ends.
func (h *HoldExpiries) Listen(ctx context.Context, heard func(eventID, bookingID eventra.ID)) error {
	var warn sync.Once
	configure := func(ctx context.Context) {
		if err := h.enableKeyEvents(ctx); err != nil && !isAway(err) {
			warn.Do(func() {
				slog.Warn("redis does not announce expired keys, and this program may not configure it: "+
					"holds end by timer and sweep alone; set "+keyEventsSetting+" to include "+keyEventsNeeded, "error", err)
			})
		}
	}
	channel := "__keyevent@" + strconv.Itoa(h.db.options.DB) + "__:expired"
	h.db.subscribe(ctx, channel, configure, func(key string) {
		if eventID, bookingID, ours := parseHoldKey(key); ours {
			heard(eventID, bookingID)
		}
	})
	return nil
}

// enableKeyEvents adds the missing flags to the setting and keeps those that other
// programs need. A restarted server has lost the setting.
func (h *HoldExpiries) enableKeyEvents(ctx context.Context) error {
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

// withKeyEvents adds the missing flags. A stands for all kinds of events, x among
// them.
func withKeyEvents(set string) string {
	for _, flag := range keyEventsNeeded {
		if !strings.ContainsRune(set, flag) && (flag != 'x' || !strings.Contains(set, "A")) {
			set += string(flag)
		}
	}
	return set
}
