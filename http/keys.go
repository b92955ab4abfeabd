package http

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/google/uuid"

	"github.com/eventra/eventra"
)

// deriveKey derives the key for one purpose from the server's secret.
func deriveKey(secret []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("eventra " + purpose))
	return mac.Sum(nil)
}

// newID makes an id. Ids sort by the time at which they were made.
func newID() eventra.ID { return eventra.ID(uuid.Must(uuid.NewV7())) }
