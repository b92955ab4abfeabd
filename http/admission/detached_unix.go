//go:build unix

package admission

import (
	"errors"
	"net"
	"syscall"
)

// rawPusher makes writes that do not wait, as package net sets its descriptors.
type rawPusher struct {
	raw   syscall.RawConn
	write func(fd uintptr) bool // made once
	look  func(fd uintptr)      // likewise

	b   []byte
	n   int
	err error

	ended bool // what look found
}

func newPusher(conn net.Conn) pusher {
	kernel, ok := conn.(syscall.Conn)
	if !ok {
		return soonPusher{conn}
	}
	raw, err := kernel.SyscallConn()
	if err != nil {
		return soonPusher{conn}
	}
	p := &rawPusher{raw: raw}
	p.write = func(fd uintptr) bool {
		p.n, p.err = syscall.Write(int(fd), p.b)
		return true
	}
	p.look = func(fd uintptr) {
		var next [1]byte
		n, _, err := syscall.Recvfrom(int(fd), next[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		p.ended = n == 0 && err == nil || errors.Is(err, syscall.ECONNRESET)
	}
	return p
}

func (p *rawPusher) push(b []byte) (n int, err error) {
	p.b = b
	if err = p.raw.Write(p.write); err == nil {
		n, err = max(p.n, 0), p.err
	}
	p.b, p.n, p.err = nil, 0, nil
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
		err = nil
	}
	return n, err
}

// gone looks by Control, since a deadline for reads may have passed.
func (p *rawPusher) gone() bool { return p.raw.Control(p.look) != nil || p.ended }
