// Package wire holds the messages between instances: one protobuf envelope, and
// its translation from and to the domain. Decoding checks everything, since the
// sender may run another release.
package wire
