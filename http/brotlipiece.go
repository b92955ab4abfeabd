package http

import (
	"bytes"
	"sync"

	"github.com/andybalholm/brotli"
)

// A Brotli stream (RFC 7932) whose pieces are packed by themselves, like those of
// gzipPiece. At quickLevel a piece is self-contained: the packer refers neither to the
// dictionary nor to the last distances nor to the context, all of which depend on what
// was sent before.

var (
	brotliHeader = brotliStreamHeader()
	// brotliEnd is a last block, which is empty.
	brotliEnd = []byte{3}
)

// brotliStreamHeader returns the window's size and an empty block up to the next byte, with
// which the packer begins each stream.
func brotliStreamHeader() []byte {
	var out bytes.Buffer
	_ = brotli.NewWriterLevel(&out, quickLevel).Flush() // a buffer takes everything
	return out.Bytes()
}

// brotliPacker packs pieces.
type brotliPacker struct {
	out    bytes.Buffer
	packer *brotli.Writer
}

var brotliPackers = sync.Pool{New: func() any { return &brotliPacker{packer: brotli.NewWriterLevel(nil, quickLevel)} }}

// appendBrotliPiece packs a piece that follows brotliHeader or another piece.
func appendBrotliPiece(b, text []byte) []byte {
	p := brotliPackers.Get().(*brotliPacker)
	defer brotliPackers.Put(p)
	p.out.Reset()
	p.packer.Reset(&p.out)
	_ = p.packer.Flush() // the header
	_, _ = p.packer.Write(text)
	_ = p.packer.Flush()
	return append(b, p.out.Bytes()[len(brotliHeader):]...)
}
