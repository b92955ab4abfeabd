// Package payments moves money for bookings.
//
// A payment is a row before the gateway is asked, and every row ends:
//
//  1. The event stores the attempt as PENDING and keeps the hold while it runs ([Events.StartPayment]).
//  2. The gateway takes the money ([Gateway.Charge]). If its answer leaves open whether money moved, the
//     charge is voided, and the answer to the void says whether it had happened ([Gateway.Void]).
//  3. The event decides what the outcome means by then ([Events.FinishPayment]): the booking is confirmed,
//     the attempt has failed, or the money is due back.
//  4. Money that is due back is returned ([Gateway.Refund], [Store.MarkRefunded]).
//
// [Processor] takes these steps for a request. [Reconciler] finishes what a crash or an outage left open.
// Neither decides anything about seats: that is the event's part, behind [Events].
package payments
