package main

import (
	"fmt"
	"net"
	"runtime"
	"strconv"
)

// portIsFree says, if it is not, what to do about it.
func portIsFree(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err == nil {
		return listener.Close()
	}
	host, portText, splitErr := net.SplitHostPort(addr)
	port, portErr := strconv.ParseUint(portText, 10, 16)
	if splitErr != nil || portErr != nil {
		return fmt.Errorf("%q is no address to serve on; one is 127.0.0.1:8080", addr)
	}
	return fmt.Errorf("cannot serve on %s: %w\n"+
		"  see who has the port:  %s\n"+
		"  or take another one:   make run ADDR=%s",
		addr, err, whoListens(port), net.JoinHostPort(host, strconv.FormatUint(nextPort(port), 10)))
}

func whoListens(port uint64) string {
	if runtime.GOOS == "linux" {
		return fmt.Sprintf("ss -ltnp 'sport = :%d'", port)
	}
	return fmt.Sprintf("lsof -nP -iTCP:%d -sTCP:LISTEN", port)
}

func nextPort(port uint64) uint64 {
	if port < 1024 {
		return 8080 // the lower ones belong to root
	}
	return min(port+1, 65535)
}

// baseURL is how a client on this machine reaches a server that listens on addr.
func baseURL(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "http://" + addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
