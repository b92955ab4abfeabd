package fault

import (
	"time"
)

// Kind is a kind of fault.
type Kind struct {
	Name     string
	Title    string
	subject  func(victim int) string
	min, max time.Duration // how long it lasts
	takes    time.Duration // how long it takes besides, about
	lab      bool          // it needs namespaces
	act      func(*Act) error
}

func always(subject string) func(int) string { return func(int) string { return subject } }

// Kinds are all kinds of faults.
var Kinds = []*Kind{
	{Name: "kill", Title: "kill -9 of an instance, and its restart",
		subject: instanceOf, max: 3 * time.Second, takes: 2 * time.Second, act: kill},
	{Name: "freeze", Title: "SIGSTOP of an instance, SIGCONT later",
		subject: instanceOf, min: 500 * time.Millisecond, max: 8 * time.Second, takes: time.Second, act: freeze},
	{Name: "rolling-restart", Title: "SIGTERM and start of all instances in turn",
		subject: always("all instances"), takes: 8 * time.Second, act: roll},
	{Name: "redis-kill", Title: "kill -9 of Redis, and an empty restart",
		subject: always(redis), max: 4 * time.Second, takes: time.Second, act: killRedis},
	{Name: "redis-pause", Title: "SIGSTOP of Redis, SIGCONT later",
		subject: always(redis), min: time.Second, max: 6 * time.Second, act: pauseRedis},
	{Name: "redis-full", Title: "Redis refuses writes: no memory for locks, TTL keys, the mail queue",
		subject: always(redis), min: 2 * time.Second, max: 6 * time.Second, act: fillRedis},
	{Name: "postgres-kill", Title: "kill -9 of PostgreSQL's postmaster, and crash recovery",
		subject: always(postgres), max: 3 * time.Second, takes: 2 * time.Second, act: killPostgres},
	{Name: "postgres-pause", Title: "SIGSTOP of all of PostgreSQL, SIGCONT later",
		subject: always(postgres), min: 500 * time.Millisecond, max: 6 * time.Second, takes: time.Second, act: pausePostgres},
	{Name: "wire-cut", Title: "an instance's connections to one store are reset and refused",
		subject: wiresOf, min: 200 * time.Millisecond, max: 5 * time.Second, act: cutWire},
	{Name: "wire-stalled", Title: "an instance's connections to one store carry nothing",
		subject: wiresOf, min: 500 * time.Millisecond, max: 5 * time.Second, act: stallWire},
	{Name: "wire-slow", Title: "an instance's connections to all stores are slowed down",
		subject: wiresOf, min: 3 * time.Second, max: 6 * time.Second, act: slowWires},
	{Name: "door-cut", Title: "buyers' connections to an instance are reset, again and again",
		subject: doorOf, min: time.Second, max: 3 * time.Second, act: cutDoor},
	{Name: "partition", Title: "an instance is cut off from its peers",
		subject: always(peers), min: 2 * time.Second, max: 8 * time.Second, takes: 2 * time.Second, lab: true, act: partition},
	{Name: "split", Title: "two instances do not reach each other",
		subject: always(peers), min: 2 * time.Second, max: 8 * time.Second, takes: 2 * time.Second, lab: true, act: split},
	{Name: "mail-refused", Title: "the mail server refuses mails",
		subject: always(mail), min: 2 * time.Second, max: 8 * time.Second, act: refuseMail},
}
