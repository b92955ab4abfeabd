package eventra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestMailRef_ParseUndoesString(t *testing.T) {
	t.Parallel()
	for _, ref := range []eventra.MailRef{
		eventra.Tickets(named("b1")),
		{Kind: eventra.MailCancelled, BookingID: named("b1"), About: named("e1")},
		{Kind: eventra.MailRescheduled, BookingID: named("b1"), About: named("r1")},
		{Kind: eventra.MailVerify, About: named("m1")},
		{Kind: eventra.MailPasswordChanged, About: named("m2")},
	} {
		parsed, err := eventra.ParseMailRef(ref.String())
		require.NoError(t, err)
		require.Equal(t, ref, parsed)
	}
	for _, text := range []string{"", "x", "x.cancelled." + named("e1").String(), named("b1").String() + ".cancelled", named("b1").String() + ".", "verify", "verify.", "verify.x"} {
		_, err := eventra.ParseMailRef(text)
		require.Error(t, err, text)
	}
}
