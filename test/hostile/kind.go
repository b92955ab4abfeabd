// Package hostile has clients that misuse their connections, over real sockets.
package hostile

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Kind is one way to misuse a connection. A client of it keeps doing so until its
// connection ends.
type Kind struct {
	Name string
	// Factor is how many connections count as one: it takes many silent ones to matter.
	Factor int
	misuse func(c *conn, at *Target) error
}

// Kinds are all kinds.
var Kinds = []Kind{
	{"never reads an early answer", 1, neverRead(early)},
	{"never reads a seat map", 1, neverRead(seatMap)},
	{"reads a byte a second", 1, readSlowly},
	{"sends headers a byte a second", 1, sendSlowly(slowHeaders)},
	{"sends a body a byte a second", 1, sendSlowly(slowBody)},
	{"opens and is silent", 16, stayIdle},
	{"pipelines what is refused", 1, pipeline(early)},
	{"pipelines what is malformed", 1, pipeline(malformed)},
	{"pipelines unknown addresses", 1, pipeline(unknown)},
	{"pipelines cheap reads", 1, pipeline(cheap)},
	{"pipelines parts of seat maps", 1, pipeline(part)},
	{"half-closes", 1, halfClose},
	{"sends large bodies without a token", 1, sendLargeBody},
	{"announces large bodies without a token", 1, announceLargeBody},
	{"opens streams", 1, openStream},
}

const (
	// pipelined requests are written at once.
	pipelined = 32
	// largeBytes is the length of the longest body that anybody may send.
	largeBytes = 16 << 20
	chunkBytes = 64 << 10
)

func get(path string) func(*Target) string {
	return func(at *Target) string {
		return "GET " + strings.ReplaceAll(path, "{event}", at.Event) + " HTTP/1.1\r\nHost: eventra\r\n\r\n"
	}
}

func post(path, body string) func(*Target) string {
	return func(at *Target) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: eventra\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			strings.ReplaceAll(path, "{event}", at.Event), len(body), body)
	}
}

var (
	early   = post("/api/v1/bookings", "{}")
	seatMap = get("/api/v1/events/{event}/seats")
	part    = get("/api/v1/events/{event}/seats?since=0")
	unknown = get("/no/such/address")
	cheap   = get("/healthz")
)

// malformed ends its connection, so that only the first of a pipeline is answered.
func malformed(*Target) string { return "GET /healthz HTTP/1.1\r\nNo colon\r\n\r\n" }

func neverRead(request func(*Target) string) func(*conn, *Target) error {
	return func(c *conn, at *Target) error {
		requests := strings.Repeat(request(at), pipelined)
		for {
			if err := c.send(requests); err != nil {
				return err // the server no longer reads, either, and has ended the connection
			}
		}
	}
}

func pipeline(request func(*Target) string) func(*conn, *Target) error {
	return func(c *conn, at *Target) error {
		requests := strings.Repeat(request(at), pipelined)
		go func() { _, _ = io.Copy(io.Discard, c); c.end() }()
		for {
			if err := c.send(requests); err != nil {
				return err
			}
		}
	}
}

func readSlowly(c *conn, at *Target) error {
	if err := c.send(strings.Repeat(seatMap(at), pipelined)); err != nil {
		return err
	}
	one := make([]byte, 1)
	for {
		if _, err := c.Read(one); err != nil {
			return err
		}
		if err := c.pause(time.Second); err != nil {
			return err
		}
	}
}

func slowHeaders(*Target) string {
	return "GET /healthz HTTP/1.1\r\nHost: eventra\r\nX-Slow: " + strings.Repeat("x", 4<<10)
}

func slowBody(at *Target) string {
	return strings.TrimSuffix(post("/api/v1/auth/login", strings.Repeat("x", 4<<10))(at), "x")
}

// sendSlowly sends the headers of a request with a body in one piece.
func sendSlowly(request func(*Target) string) func(*conn, *Target) error {
	return func(c *conn, at *Target) error {
		text := request(at)
		headers, body, found := strings.Cut(text, "\r\n\r\n")
		if found {
			if err := c.send(headers + "\r\n\r\n"); err != nil {
				return err
			}
			text = body
		}
		go func() { _, _ = io.Copy(io.Discard, c); c.end() }()
		for i := range len(text) {
			if err := c.send(text[i : i+1]); err != nil {
				return err
			}
			if err := c.pause(time.Second); err != nil {
				return err
			}
		}
		return nil
	}
}

func stayIdle(c *conn, _ *Target) error {
	_, err := io.Copy(io.Discard, c)
	return err
}

func halfClose(c *conn, at *Target) error {
	if err := c.send(strings.Repeat(seatMap(at), pipelined)); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	return c.pause(connectionLife) // without reading
}

func announceLargeBody(c *conn, at *Target) error {
	if err := c.send(largeHeader(at)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, c)
	return err
}

func sendLargeBody(c *conn, at *Target) error {
	if err := c.send(largeHeader(at)); err != nil {
		return err
	}
	chunk := strings.Repeat("x", chunkBytes)
	for range largeBytes / chunkBytes {
		if err := c.send(chunk); err != nil {
			return err
		}
	}
	return nil
}

func largeHeader(at *Target) string {
	return fmt.Sprintf("POST /api/v1/events/%s/seats HTTP/1.1\r\nHost: eventra\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		at.Event, largeBytes)
}

func openStream(c *conn, at *Target) error {
	if err := c.send(get("/api/v1/events/{event}/seats/stream")(at)); err != nil {
		return err
	}
	return c.pause(connectionLife) // without reading
}
