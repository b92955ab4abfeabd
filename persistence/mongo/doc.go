// Package mongo keeps the details of events as MongoDB documents: what readers
// see, as flexible as organisers need it. No sale depends on them; see
// [github.com/eventra/eventra/persistence/catalog].
//
// It needs no more of the server than FerretDB 1.24 offers: single-document
// writes, plain indexes, regular expressions.
package mongo
