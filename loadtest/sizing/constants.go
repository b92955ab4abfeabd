package main

// constant is a measured number or a setting of Eventra.
type constant struct {
	what   string
	value  float64
	unit   string
	source string
}

// Sources of constants. A bound was measured on a busy machine, as the least of three
// runs or more; the time on an idle machine is shorter.
const (
	footprint = "BenchmarkFootprint"
	bound     = "BenchmarkFootprint, bound"
	prototype = "prototype, one seat, 2 cores"
	setting   = "setting"
	counted   = "counted, not measured"
)

// The constants of the model. Times are CPU times; sizes include indexes and the room
// that fillfactor leaves.
var (
	goHold      = constant{"instance: a hold, from socket to socket", 55e-6, "s", prototype}
	goRefusal   = constant{"instance: a refusal, with its client", 2 / 38_800.0, "s", prototype + ": 38,800/s of two cores"}
	goHop       = constant{"instances: asking another member, both ends", 2 / 60_000.0, "s", "prototype: 60,000/s of two cores"}
	actorMax    = constant{"one actor, requests answered", 150_000, "1/s", "prototype, the lower of its range"}
	redisHold   = constant{"Redis: a hold: lock, release, TTL key", 7e-6, "s", prototype}
	commitBase  = constant{"commit of one hold, one client", 1 / 1_400.0, "s", "prototype, fsync on: 1,400/s"}
	batchMax    = constant{"changes in a batch", 512, "", setting + " batchChangesMax"}
	poolConns   = constant{"connections of an instance, to sell and read", 16, "", setting + " maxConnsDefault"}
	memberConns = constant{"connections of an instance, for membership", 2, "", setting + " memberConns"}
	layoutConns = constant{"connections of an instance, to copy the seats of other members' events", 2, "", setting + " layoutConns"}
	officeConns = constant{"connections of an instance, for the back office", 3, "", setting + " officeConns"}

	pgHold        = constant{"Postgres: a hold", 22e-6, "s", bound}
	pgHoldSeat    = constant{"Postgres: each seat of a hold", 10e-6, "s", bound}
	pgExpire      = constant{"Postgres: an expiry", 10e-6, "s", bound}
	pgExpireSeat  = constant{"Postgres: each seat of an expiry", 25e-6, "s", bound}
	pgStart       = constant{"Postgres: a payment begun", 35e-6, "s", bound}
	pgConfirm     = constant{"Postgres: a confirmation", 37e-6, "s", bound}
	pgConfirmSeat = constant{"Postgres: each seat of a confirmation", 9e-6, "s", bound}
	pgKey         = constant{"Postgres: an idempotency key, claimed and finished", 284e-6, "s", bound}
	pgRenewal     = constant{"Postgres: a lease renewed", 109e-6, "s", bound}
	pgRenewalRow  = constant{"Postgres: each member in the answer", 1e-6, "s", bound}

	logHold        = constant{"log: a hold", 545, "B", footprint}
	logHoldSeat    = constant{"log: each seat of a hold", 447, "B", footprint}
	logExpire      = constant{"log: an expiry", 525, "B", footprint}
	logExpireSeat  = constant{"log: each seat of an expiry", 432, "B", footprint}
	logStart       = constant{"log: a payment begun", 1_060, "B", footprint}
	logConfirm     = constant{"log: a confirmation", 1_265, "B", footprint}
	logConfirmSeat = constant{"log: each seat of a confirmation", 180, "B", footprint}
	logKey         = constant{"log: an idempotency key, claimed and finished", 1_184, "B", footprint}
	logFresh       = constant{"log, right after a checkpoint, as a multiple", 1.5, "", footprint + " fresh: 1.2 to 1.5"}

	restSeat        = constant{"disk: a seat", 356, "B", footprint + " rest"}
	restBooking     = constant{"disk: a booking", 435, "B", footprint + " rest"}
	restBookingSeat = constant{"disk: a booking's seat", 219, "B", footprint + " rest"}
	restPayment     = constant{"disk: a payment", 490, "B", footprint + " rest"}
	restOutbox      = constant{"disk: a mail", 118, "B", footprint + " rest"}
	restKey         = constant{"disk: an idempotency key, for 24 h", 1_354, "B", footprint + " rest"}

	netRequest = constant{"network: a hold's request and answer", 1_500, "B", counted}
)

var constants = []constant{
	goHold, goRefusal, goHop, actorMax, redisHold, commitBase, batchMax, poolConns, memberConns, layoutConns, officeConns,
	pgHold, pgHoldSeat, pgExpire, pgExpireSeat, pgStart, pgConfirm, pgConfirmSeat, pgKey, pgRenewal, pgRenewalRow,
	logHold, logHoldSeat, logExpire, logExpireSeat, logStart, logConfirm, logConfirmSeat, logKey, logFresh,
	restSeat, restBooking, restBookingSeat, restPayment, restOutbox, restKey, netRequest,
}
