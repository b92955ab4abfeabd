//go:build !unix

package admission

import "net"

func newPusher(conn net.Conn) pusher { return soonPusher{conn} }
