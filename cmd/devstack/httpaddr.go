package main

import (
	"fmt"
	"net"
	"runtime"
	"strconv"
)

// portIsFree returns an error with advice if addr is taken.
func portIsFree(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err == nil {
		return listener.Close()
	}
	host, portText, splitErr := net.SplitHostPort(addr)
	port, portErr := strconv.ParseUint(portText, 10, 16)
	if splitErr != nil || portErr != nil {
		return fmt.Errorf("%q is not an address to serve on; an example is 127.0.0.1:8080", addr)
	}
	return fmt.Errorf("cannot serve on %s: %w\n"+
		"  find what has the port:  %s\n"+
		"  or take another one:     make run ADDR=%s",
		addr, err, listListeners(port), net.JoinHostPort(host, strconv.FormatUint(nextPort(port), 10)))
}

// listListeners is a command that shows which process listens on a port.
func listListeners(port uint64) string {
	if runtime.GOOS == "linux" {
		return fmt.Sprintf("ss -ltnp 'sport = :%d'", port)
	}
	return fmt.Sprintf("lsof -nP -iTCP:%d -sTCP:LISTEN", port)
}

func nextPort(port uint64) uint64 {
	if port < 1024 {
		return 8080 // only root may listen on lower ones
	}
	return min(port+1, 65535)
}

// baseURL is the URL by which a client on this machine reaches a server that listens on addr.
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
