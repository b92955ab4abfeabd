// Package persistencetest holds what tests of stores share: private databases,
// a proxy that fails on command, and the conformance suites that every
// implementation of the stores' interfaces has to pass.
package persistencetest
