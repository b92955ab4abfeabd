package main

import (
	"cmp"
	"math"
	"slices"
)

// workload is a sale at its peak, and how long its bookings are kept.
type workload struct {
	hot           int     // events on sale at once
	hottest       float64 // accepted holds a second, of the busiest of them
	total         float64 // of all of them together
	seats         float64 // per booking
	confirmed     float64 // share of holds that are paid for; the others expire
	refusals      float64 // per accepted hold
	keys          float64 // share of holds and payments with an idempotency key
	minutes       float64 // duration of the peak
	retentionDays float64
}

// hardware is the resources of one instance and of one database.
type hardware struct {
	instanceCores float64
	postgresCores float64
	logBytes      float64 // a second, that disk and standby can write
	netBytes      float64 // a second, of an instance
	connections   float64 // of a database
	roundTrip     float64 // seconds that network and synchronous standby add to a commit
	use           float64 // share of each resource to plan with
}

// keysPerHold is the number of idempotency keys of a hold and what follows it.
func (w workload) keysPerHold() float64 { return w.keys * (1 + w.confirmed) }

// The costs of one accepted hold with all that follows it.

func (w workload) instanceSeconds(instances float64) float64 {
	hop := goHop.value * (1 - 1/max(1, instances)) // for the share of requests that do not reach the owner
	return goHold.value + hop + w.refusals*(goRefusal.value+hop)
}

func (w workload) postgresSeconds() float64 {
	return w.holdSeconds() + w.laterSeconds() + w.keySeconds()
}

func (w workload) holdSeconds() float64 { return pgHold.value + w.seats*pgHoldSeat.value }

// laterSeconds is the cost of what follows a hold: payment and confirmation, or
// expiry.
func (w workload) laterSeconds() float64 {
	paid := pgStart.value + pgConfirm.value + w.seats*pgConfirmSeat.value
	lost := pgExpire.value + w.seats*pgExpireSeat.value
	return w.confirmed*paid + (1-w.confirmed)*lost
}

// laterChanges is the number of changes that follow a hold.
func (w workload) laterChanges() float64 { return 2*w.confirmed + 1 - w.confirmed }

func (w workload) keySeconds() float64 { return w.keysPerHold() * pgKey.value }

func (w workload) logBytes() float64 {
	hold := logHold.value + w.seats*logHoldSeat.value
	paid := logStart.value + logConfirm.value + w.seats*logConfirmSeat.value
	lost := logExpire.value + w.seats*logExpireSeat.value
	return hold + w.confirmed*paid + (1-w.confirmed)*lost + w.keysPerHold()*logKey.value
}

// keptBytes is kept as long as bookings are. Idempotency keys are deleted after a day.
func (w workload) keptBytes() float64 {
	return restBooking.value + w.seats*restBookingSeat.value + w.confirmed*(restPayment.value+restOutbox.value)
}

func (w workload) keyBytes() float64 { return w.keysPerHold() * restKey.value }

// limit is the highest rate of accepted holds that a resource allows.
type limit struct {
	what string
	of   string // event, instance, database, or whole
	rate float64
}

// limits returns the limits of one event, one instance and one database, the lowest
// first.
func limits(w workload, h hardware) []limit {
	perCommit := commitBase.value + h.roundTrip // independent of the batch's size
	burst := perCommit/batchMax.value + w.holdSeconds()
	lasting := perCommit/batchMax.value*(1+w.laterChanges()) + w.holdSeconds() + w.laterSeconds()
	list := []limit{
		{"one batch in flight, holds alone", "event", 1 / burst},
		{"one batch in flight, with what follows", "event", 1 / lasting},
		{"its actor", "event", actorMax.value / (1 + w.refusals)},
		{"CPU", "instance", h.use * h.instanceCores / w.instanceSeconds(math.Inf(1))},
		{"network", "instance", h.use * h.netBytes / (netRequest.value * (1 + w.refusals))},
		{"CPU of Postgres", "database", h.use * h.postgresCores / w.postgresSeconds()},
		{"log to disk and standby", "database", h.use * h.logBytes / (w.logBytes() * logFresh.value)},
		{"CPU of Redis, which is one core", "whole", h.use / redisHold.value},
	}
	slices.SortStableFunc(list, func(a, b limit) int { return cmp.Compare(a.rate, b.rate) })
	return list
}

// rateOf returns the lowest limit of an event, an instance, a database or the whole.
func rateOf(list []limit, of string) limit {
	at := slices.IndexFunc(list, func(l limit) bool { return l.of == of })
	return list[at]
}

// plan is the resources that a workload needs.
type plan struct {
	instances int
	databases int
	caches    int
	possible  bool    // the hottest event fits into one actor and one database
	members   float64 // cores of the first database that renewals take
	conns     float64 // at each database
	connsFit  bool
}

func planFor(w workload, h hardware) plan {
	list := limits(w, h)
	need := func(of string) int { return int(math.Ceil(w.total / rateOf(list, of).rate)) }
	p := plan{instances: need("instance"), databases: need("database"), caches: need("whole")}
	p.possible = w.hottest <= min(rateOf(list, "event").rate, rateOf(list, "database").rate)
	p.members = renewalCores(float64(p.instances))
	p.conns = float64(p.instances) * connsOfInstance()
	p.connsFit = p.conns <= h.connections
	return p
}

// renewalCores is the cost of leases: each member renews twice a second, and each
// renewal returns all members.
func renewalCores(members float64) float64 {
	return 2 * members * (pgRenewal.value + members*pgRenewalRow.value)
}

// pings is the number of pings a second: each member sends two to each other one.
func pings(members float64) float64 { return 2 * members * max(0, members-1) }

// connsOfInstance is how many connections an instance has to a database.
func connsOfInstance() float64 {
	return poolConns.value + memberConns.value + layoutConns.value + officeConns.value
}

// membersMax is the number of instances that a database has connections for.
func membersMax(h hardware) int { return int(h.connections / connsOfInstance()) }

// Prices are examples, in any currency.
type prices struct {
	coreHour float64
	gbMonth  float64 // of a database's disk
	logGB    float64 // archived once
}

// cost is a resource that a million holds use, with all that follows them.
type cost struct {
	what  string
	value float64
	unit  string
	money float64
}

func costs(w workload, h hardware, p prices, instances float64) []cost {
	const million, gb = 1e6, 1e9
	core := func(what string, seconds float64) cost {
		return cost{what, million * seconds, "core-seconds", million * seconds / h.use / 3600 * p.coreHour}
	}
	disk := func(what string, bytes, days float64) cost {
		return cost{what, million * bytes / gb, "GB", million * bytes / gb * p.gbMonth * days / 30}
	}
	return []cost{
		core("instances", w.instanceSeconds(instances)),
		core("Postgres, without keys", w.postgresSeconds()-w.keySeconds()),
		core("Postgres, idempotency keys", w.keySeconds()),
		core("Redis", redisHold.value),
		{"log", million * w.logBytes() / gb, "GB", million * w.logBytes() / gb * p.logGB},
		disk("rows that are kept", w.keptBytes(), w.retentionDays),
		disk("idempotency keys", w.keyBytes(), 1),
	}
}
