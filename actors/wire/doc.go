// Package wire is what instances say to each other: one protobuf envelope, and
// its translation from and to the domain. Everything that is read from it is
// checked, for the other side may be of another release.
package wire
