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

	b   []byte
	n   int
	err error
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
