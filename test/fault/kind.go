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
	recovery time.Duration // how long the recovery takes, about
	// namespaces: it needs network namespaces.
	namespaces bool
	inject     func(*Injection) error
}

func always(subject string) func(int) string { return func(int) string { return subject } }

// Kinds are all kinds of faults.
var Kinds = []*Kind{
	{Name: "kill", Title: "kill -9 of an instance, and its restart",
		subject: instanceOf, max: 3 * time.Second, recovery: 2 * time.Second, inject: kill},
	{Name: "freeze", Title: "SIGSTOP of an instance, SIGCONT later",
		subject: instanceOf, min: 500 * time.Millisecond, max: 8 * time.Second, recovery: time.Second, inject: freeze},
	{Name: "rolling-restart", Title: "SIGTERM and start of all instances in turn",
		subject: always("all instances"), recovery: 8 * time.Second, inject: rollingRestart},
	{Name: "redis-kill", Title: "kill -9 of Redis, and an empty restart",
		subject: always(redis), max: 4 * time.Second, recovery: time.Second, inject: killRedis},
	{Name: "redis-pause", Title: "SIGSTOP of Redis, SIGCONT later",
		subject: always(redis), min: time.Second, max: 6 * time.Second, inject: pauseRedis},
	{Name: "redis-full", Title: "Redis refuses writes: no memory for locks, TTL keys, the mail queue",
		subject: always(redis), min: 2 * time.Second, max: 6 * time.Second, inject: fillRedis},
	{Name: "postgres-kill", Title: "kill -9 of PostgreSQL's postmaster, and its crash recovery",
		subject: always(postgres), max: 3 * time.Second, recovery: 2 * time.Second, inject: killPostgres},
	{Name: "postgres-pause", Title: "SIGSTOP of all of PostgreSQL, SIGCONT later",
		subject: always(postgres), min: 500 * time.Millisecond, max: 6 * time.Second, recovery: time.Second, inject: pausePostgres},
	{Name: "store-cut", Title: "an instance's connections to one store are reset and refused",
		subject: storeLinksOf, min: 200 * time.Millisecond, max: 5 * time.Second, inject: cutStore},
	{Name: "store-stalled", Title: "an instance's connections to one store carry nothing",
		subject: storeLinksOf, min: 500 * time.Millisecond, max: 5 * time.Second, inject: stallStore},
	{Name: "store-slow", Title: "an instance's connections to all stores are slowed down",
		subject: storeLinksOf, min: 3 * time.Second, max: 6 * time.Second, inject: slowStores},
	{Name: "client-cut", Title: "buyers' connections to an instance are reset repeatedly",
		subject: clientLinkOf, min: time.Second, max: 3 * time.Second, inject: cutClients},
	{Name: "partition", Title: "an instance is cut off from its peers",
		subject: always(peers), min: 2 * time.Second, max: 8 * time.Second, recovery: 2 * time.Second, namespaces: true, inject: partition},
	{Name: "split", Title: "two instances do not reach each other",
		subject: always(peers), min: 2 * time.Second, max: 8 * time.Second, recovery: 2 * time.Second, namespaces: true, inject: split},
	{Name: "mail-refused", Title: "the mail server refuses mails",
		subject: always(mail), min: 2 * time.Second, max: 8 * time.Second, inject: refuseMail},
}
