// Package groupcommit turns batches of many events into few transactions.
//
// A commit costs about the same whatever it carries: round trips, a log record,
// a wait for the disk. Group commit shares that cost: while one transaction is
// under way, the work that arrives fills the next one. The busier the system,
// the larger its transactions, without a timer and without waiting when there is
// nothing to wait for. The idea is from David J. DeWitt, Randy H. Katz, Frank
// Olken, Leonard D. Shapiro, Michael R. Stonebraker and David Wood,
// "Implementation Techniques for Main Memory Database Systems" (SIGMOD 1984).
// Pat Helland, Harald Sammer, Jim Lyon, Richard Carr, Phil Garrett and Andreas
// Reuter, "Group Commit Timers and High Volume Transaction Systems" (HPTS 1987,
// LNCS 359) analyse how long a group should wait. Here a group waits for the
// previous one and never longer.
//
// It happens at two levels. The caller collects the changes of one event in a
// [Batch] while that event's previous batch is in flight. [Pool.Submit] then
// commits the batch at once if few transactions are under way (commitsMin, commitsMax).
// Otherwise the batch waits, and all batches that wait are merged into the next
// transaction.
//
//	event A   fill ──▶ Submit ─┐                               ┌─▶ completed: reply, fill, Submit …
//	event B   fill ──▶ Submit ─┼─▶ merge ─▶ lock ─▶ commit ────┼─▶ completed
//	event C   fill ──▶ Submit ─┘              ▲                └─▶ completed
//	                                          └── pending lock releases ◀──┘
//
// # Order of steps
//
//  1. Merge (merge.go): the waiting batches of different events, in the order of
//     their submission, up to mergedChangesMax changes.
//  2. Lock (lock.go): one round trip takes the locks of all seats that the
//     changes take. A booking that meets another booking's lock is contended: it
//     leaves the transaction, and its caller decides what to do with it. If the
//     keeper of the locks is away the step is skipped, because locks save work
//     and the fence in the store keeps sales safe.
//  3. Commit (commit.go): one transaction for everything that has its locks.
//  4. Complete (commit.go): every batch has its outcome and its caller is told.
//  5. Release (release.go): the keeper of the locks learns what ended.
//
// # Three outcomes
//
// A completed batch is committed (Err is nil), proven not to be committed
// (eventra.ErrNotCommitted, ErrStaleEpoch or ErrDiverged), or its outcome is
// unknown (eventra.ErrOutcomeUnknown). Only the caller can deal with the last one:
// it fences the lost transaction off and reads what is stored. A batch whose
// commit is not acknowledged within [CommitTimeout] is of unknown outcome.
//
// The fault of one event must not become the fault of another. A store that
// cannot commit a merged batch, because one of its events stands in the way of the
// others, writes nothing and returns eventra.ErrSplitBatch. Then every batch
// commits alone, outside the pool, and has an outcome of its own.
//
// # One batch of an event in flight
//
// The caller submits the next batch of an event after the previous one has
// completed. Versions then grow in the order of commits, and no reader sees a
// version that rests on an earlier batch whose outcome is unknown. Two in flight
// would also halve the batches while each costs the same.
//
// The locks of the next batch can be taken meanwhile ([Pool.Prepare]). If the
// batch in flight has an outcome after which the next one has to be decided anew,
// the caller discards what was prepared ([Pool.Discard]).
//
// # Pending lock releases
//
// After a batch has completed, locks have to be dropped and keys of holds to be
// set or deleted. That is not worth a round trip of its own: pending releases are
// told on the way of the next batch that takes locks, in the same round trip and
// before its own locks. A caller whose event has nothing more to submit calls
// [Pool.ReleasePending], so that they are told alone if no batch follows. A batch
// that takes locks waits while a release of its own event is under way, because
// it may want the very seats that are being unlocked.
package groupcommit
