// Package redis keeps what may be lost: seat locks, the keys that announce
// the end of holds, caches, rate counters, the news of logged-out tokens, and
// the queue of mails. Without Redis every sale is as safe, only slower here and
// there, so each call gives up soon and a lost server costs the callers nothing.
//
// All keys begin with "eventra:", but for those of the mail queue, whose
// library names its own ("asynq:"): installations that share a server need a
// database number each.
package redis
