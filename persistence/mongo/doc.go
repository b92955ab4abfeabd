// Package mongo keeps the details of events as MongoDB documents: what people
// read, as flexible as organisers need it. Nothing that a sale rests on is
// decided here; see [github.com/eventra/eventra/persistence/catalog].
//
// It asks no more of the server than FerretDB 1.24 gives: single-document
// writes, plain indexes, regular expressions.
package mongo
