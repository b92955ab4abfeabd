package http

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/flate"
)

// A gzip stream (RFC 1952) whose pieces are packed once and sent to many clients. Each
// piece is a run of deflate blocks that ends at a byte boundary and refers to nothing
// before it, so any sequence of pieces between a header and the end is one stream. Its
// checksum follows from those of the pieces, so a client's state is a few bytes.

// gzipHeader begins a stream.
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}

var gzipPackers = sync.Pool{New: func() any {
	packer, err := flate.NewWriter(nil, quickLevel)
	if err != nil {
		panic(err) // there is such a level
	}
	return packer
}}

// gzipPiece packs a piece. The client can read all of it as soon as it has arrived.
func gzipPiece(text []byte) []byte {
	var out bytes.Buffer
	packer := gzipPackers.Get().(*flate.Writer)
	defer gzipPackers.Put(packer)
	packer.Reset(&out)
	_, _ = packer.Write(text) // a buffer takes everything
	_ = packer.Flush()
	return out.Bytes()
}

// gzipSum is the checksum and the size of some text.
type gzipSum struct {
	crc   uint32
	size  uint32
	shift uint32 // x to the power of the text's bits, modulo the checksum's polynomial
}

func gzipSumOf(text []byte) gzipSum {
	return gzipSum{crc32.ChecksumIEEE(text), uint32(len(text)), crcShift(uint64(len(text)))}
}

// add appends a piece that has the sum next. The shift of what it was added to does not
// matter any more.
func (s *gzipSum) add(next gzipSum) {
	s.crc = crcMultiply(next.shift, s.crc) ^ next.crc
	s.size += next.size // modulo 2^32, as the format has it
}

// gzipEnd ends a stream whose text has that sum.
func gzipEnd(sum gzipSum) []byte {
	end := []byte{3, 0} // a last block, which is empty
	end = binary.LittleEndian.AppendUint32(end, sum.crc)
	return binary.LittleEndian.AppendUint32(end, sum.size)
}

// crcMultiply multiplies two polynomials modulo that of the checksum. The highest bit is
// the coefficient of 1, as crc32.IEEE has it. This is how zlib combines checksums.
func crcMultiply(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		if a>>31 == 1 {
			product ^= b
		}
		b = b>>1 ^ crc32.IEEE&-(b&1)
	}
	return product
}

// crcShift returns x to the power of 8·size.
func crcShift(size uint64) uint32 {
	shift, power := uint32(1)<<31, uint32(1)<<23 // 1 and x^8
	for range bits.Len64(size) {
		if size&1 == 1 {
			shift = crcMultiply(power, shift)
		}
		power = crcMultiply(power, power)
		size >>= 1
	}
	return shift
}
