package watchers

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// request is how a stream is asked for.
type request struct {
	since           uint64
	packed, decodes bool
}

// watcher is one stream and what came by it.
type watcher struct {
	body    io.Reader
	since   uint64
	version atomic.Uint64 // the latest seen
	came    []arrival
}

// arrival is a frame that a watcher has got.
type arrival struct {
	frame *frame
	at    time.Time
}

// bufferBytes saves most reads of a long frame.
const bufferBytes = 16 << 10

// open sends the request and reads the head of the answer.
func (c *Crowd) open(q request) (*watcher, error) {
	conn, err := c.dial()
	if err != nil {
		return nil, err
	}
	path := "/api/v1/events/" + c.Sale.ID + "/seats/stream"
	if q.since > 0 {
		path += "?since=" + strconv.FormatUint(q.since, 10)
	}
	accept := ""
	if q.packed {
		accept = "Accept-Encoding: gzip, deflate, br\r\n"
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n%s\r\n", path, c.Address, accept); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(conn, bufferBytes)
	coding, chunked, err := readHead(in)
	if err != nil {
		return nil, err
	}
	w := &watcher{body: in, since: q.since}
	if chunked {
		w.body = httputil.NewChunkedReader(in)
	}
	if (coding == "gzip") != q.packed {
		return nil, fmt.Errorf("a stream comes as %q", coding)
	}
	if q.decodes {
		w.body, err = gzip.NewReader(w.body)
	}
	return w, err
}

// readHead reads the status and the header.
func readHead(in *bufio.Reader) (coding string, chunked bool, err error) {
	status, err := in.ReadString('\n')
	if err != nil {
		return "", false, err
	}
	if !strings.Contains(status, " 200 ") {
		return "", false, fmt.Errorf("a stream is answered with %q", strings.TrimSpace(status))
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", false, err
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "":
			return coding, chunked, nil
		case "content-encoding":
			coding = value
		case "transfer-encoding":
			chunked = value == "chunked"
		}
	}
}

// buffers are for frames that are being read: few are at a time.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read reads frames until the stream ends.
func (w *watcher) read(all *frames) error {
	in := bufio.NewReaderSize(w.body, bufferBytes)
	for {
		if _, err := in.Peek(1); err != nil { // waits without a buffer
			return err
		}
		text := buffers.Get().(*bytes.Buffer)
		text.Reset()
		err := readFrame(in, text)
		at := time.Now()
		if err == nil {
			err = w.take(all, text.Bytes(), at)
		}
		buffers.Put(text)
		if err != nil {
			return err
		}
	}
}

// readFrame reads up to the empty line that ends a frame.
func readFrame(in *bufio.Reader, into *bytes.Buffer) error {
	for begins := true; ; {
		part, err := in.ReadSlice('\n')
		into.Write(part)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if begins && len(part) == 1 && err == nil {
			return nil
		}
		begins = err == nil
	}
}

// take notes a frame. Comments and frames about the sale have no id.
func (w *watcher) take(all *frames, text []byte, at time.Time) error {
	f, err := all.intern(text)
	if err != nil || f.version == 0 {
		return err
	}
	w.came = append(w.came, arrival{f, at})
	w.version.Store(f.version)
	return nil
}

// discard reads the stream without looking, and returns its length.
func (w *watcher) discard() (int64, error) { return io.Copy(io.Discard, w.body) }
