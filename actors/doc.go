// Package actors holds the shells around the pure core: an actor per event
// that serialises its requests and commits them in groups, the timer that ends
// holds, the sweeper and listener behind it, the payment processor and the
// mailer.
//
// The package talks to stores through the interfaces in store.go alone.
package actors
