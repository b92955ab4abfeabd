// Package redis keeps data that may be lost: seat locks, keys whose expiry
// announces the deadline of holds, caches, rate counters, announcements of denied
// tokens, and the mail queue. Without Redis sales are just as safe and only
// slower in places, so each call gives up soon and a lost server costs callers
// nothing.
//
// All keys begin with "eventra:", except those of the mail queue, whose library
// uses "asynq:". So installations that share a server need a database number
// each.
package redis
