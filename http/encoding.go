package http

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// Content codings, best first.
const (
	codingBrotli = "br"
	codingGzip   = "gzip"

	brotliLevel = 3
	gzipLevel   = 4

	// quickLevel is for what changes with each version and is large: a map of 100,000
	// seats takes a quarter of the time, and twice the bytes.
	quickLevel = 1
	// quickMinBytes is from where on it is used.
	quickMinBytes = 256 << 10
)

// acceptedCoding returns the best coding that the client accepts, or "" for none.
func acceptedCoding(c *fiber.Ctx) string {
	accepted := string(c.Request().Header.Peek(fiber.HeaderAcceptEncoding))
	best, bestQuality := "", 0.0
	for _, coding := range []string{codingBrotli, codingGzip} {
		if quality := codingQuality(accepted, coding); quality > bestQuality {
			best, bestQuality = coding, quality
		}
	}
	return best
}

// codingQuality returns a coding's weight in an Accept-Encoding header (RFC 9110,
// 12.5.3). A coding that is not named has the weight of "*".
func codingQuality(accepted, coding string) float64 {
	others := 0.0
	for part := range strings.SplitSeq(accepted, ",") {
		name, params, _ := strings.Cut(part, ";")
		quality := 1.0
		if q, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q="); ok {
			quality, _ = strconv.ParseFloat(q, 64) // anything but a number counts as 0
		}
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case coding:
			return quality
		case "*":
			others = quality
		}
	}
	return others
}

// encodeAs returns a body in a content coding.
func encodeAs(coding string, body []byte) []byte {
	return encodeAt(coding, body, brotliLevel, gzipLevel)
}

// encodeSoon is encodeAs for a body that is outdated soon.
func encodeSoon(coding string, body []byte) []byte {
	if len(body) < quickMinBytes {
		return encodeAs(coding, body)
	}
	return encodeAt(coding, body, quickLevel, quickLevel)
}

func encodeAt(coding string, body []byte, brotliLevel, gzipLevel int) []byte {
	switch coding {
	case codingBrotli:
		return fasthttp.AppendBrotliBytesLevel(nil, body, brotliLevel)
	case codingGzip:
		return fasthttp.AppendGzipBytesLevel(nil, body, gzipLevel)
	}
	return body
}
