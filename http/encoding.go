package http

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// Content codings, the best first. Levels are those at which a large seat map
// still takes milliseconds.
const (
	codingBrotli = "br"
	codingGzip   = "gzip"

	brotliLevel = 3
	gzipLevel   = 4
)

// acceptedCoding returns the best coding that the client asked for; "" for none.
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

// codingQuality reads a coding's weight in an Accept-Encoding header
// (RFC 9110, 12.5.3); one that is not named has that of "*".
func codingQuality(accepted, coding string) float64 {
	others := 0.0
	for _, part := range strings.Split(accepted, ",") {
		name, params, _ := strings.Cut(part, ";")
		quality := 1.0
		if q, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q="); ok {
			quality, _ = strconv.ParseFloat(q, 64) // what is no number weighs nothing
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

func encodeAs(coding string, body []byte) []byte {
	switch coding {
	case codingBrotli:
		return fasthttp.AppendBrotliBytesLevel(nil, body, brotliLevel)
	case codingGzip:
		return fasthttp.AppendGzipBytesLevel(nil, body, gzipLevel)
	}
	return body
}
