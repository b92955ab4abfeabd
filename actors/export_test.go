package actors

import (
	"context"
	"testing"
	"time"

	"github.com/eventra/eventra"
)

// Do carries out one command, for tests that leave a payment half done.
func (d *Directory) Do(t *testing.T, event eventra.ID, cmd eventra.Command) error {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := d.do(ctx, event, cmd)
	return err
}
