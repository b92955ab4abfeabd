package http

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// A client with an ordinary gzip reader gets each piece as soon as it was sent, and at the
// end its checksum is right, whatever pieces others get in between.
func TestGzipStream_AnySequenceOfPieces(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	pieces := [][]byte{{}, []byte(":\n\n"), []byte("event: delta\n"), bytes.Repeat([]byte("seat "), 10_000)}
	for range 4 {
		random := make([]byte, rng.IntN(30_000))
		for i := range random {
			random[i] = byte(rng.Uint32())
		}
		pieces = append(pieces, random)
	}
	for range 20 {
		in, out, err := os.Pipe() // it buffers what the reader does not need yet
		require.NoError(t, err)
		var sent bytes.Buffer
		sequence := make([]int, rng.IntN(8))
		for i := range sequence {
			sequence[i] = rng.IntN(len(pieces))
		}
		read := make(chan struct{})
		go func() {
			_, _ = out.Write(gzipHeader)
			var sum gzipSum
			for _, no := range sequence {
				_, _ = out.Write(gzipPiece(pieces[no]))
				sum.add(gzipSumOf(pieces[no]))
				<-read // the next one is sent only then
			}
			_, _ = out.Write(gzipEnd(sum))
			_ = out.Close()
		}()
		reader, err := gzip.NewReader(in)
		require.NoError(t, err)
		for _, no := range sequence {
			got := make([]byte, len(pieces[no]))
			_, err := io.ReadFull(reader, got)
			require.NoError(t, err)
			require.True(t, bytes.Equal(pieces[no], got))
			sent.Write(got)
			read <- struct{}{}
		}
		rest, err := io.ReadAll(reader)
		require.NoError(t, err, "the checksum and the size are right")
		require.Empty(t, rest)
		require.NoError(t, in.Close())
	}
}

func FuzzGzipSum_Add(f *testing.F) {
	f.Add([]byte("a"), []byte(""), []byte("bc"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		var sum gzipSum
		for _, part := range [][]byte{a, b, c} {
			sum.add(gzipSumOf(part))
		}
		whole := bytes.Join([][]byte{a, b, c}, nil)
		require.Equal(t, crc32.ChecksumIEEE(whole), sum.crc)
		require.EqualValues(t, len(whole), sum.size)
		require.Equal(t, sum.crc, binary.LittleEndian.Uint32(gzipEnd(sum)[2:]))
	})
}
