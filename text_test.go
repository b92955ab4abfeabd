package eventra_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestValidateName_RefusesWhatNobodySees(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"\u200b", "Ada\u200bLovelace", "\u202eecalevoL", "Ada\u2066", "\ufeffAda", "A\u00adda", "Ada\u0085", "Ada\u0007", "Ada\u007f",
		"Ada\u2028Lovelace", "Ad\u200da", "Ad\u200ca", "\u200d", "\u3164", "\u2800\u2800", "\u00a0\u2003", "\u0301", "\ufe0f", "\U000e0041",
		"\u061c", "\u180e", "Ada\u034fLovelace", "Ada\u115f", "Ada\ufe0f", "Ada\U000e0100", "Ada\u17b4", "Ada\ufff0", "Ada\uffff", "Ada\u206a",
	} {
		var f eventra.Faults
		eventra.ValidateName(&f, "name", name)
		require.NotEmpty(t, f, "%+q", name)
	}
	for _, name := range []string{
		"Ada Lovelace", "O’Neill", "José", "Jose\u0301", "محمد", "علی\u200cرضا", "क्\u200dष", "王小明", "👩\u200d🚀", "👩🏽\u200d🚀", "N\u00b0 5", "!!!", "❤\ufe0f", "1\ufe0f\u20e3", "葛\U000e0100城", "\u06dd١",
	} {
		var f eventra.Faults
		eventra.ValidateName(&f, "name", name)
		require.Empty(t, f, "%+q", name)
	}
}

func TestValidateEmail_RefusesWhatNobodyMeans(t *testing.T) {
	t.Parallel()
	for _, email := range []string{
		"x@[127.0.0.1]", "x@[ipv6:::1]", "x@127.0.0.1", "x@127.1", "x@2130706433", "x@0x7f.0.0.0x1", "a\u200bda@example.org", "ada@exam\u202eple.org", "ada\u00a0@example.org",
		"ad\u200da@example.org", "ada@example.org\u2060", "a\u0001@example.org", "\u3164@example.org", "ada@\u00adexample.org",
	} {
		var f eventra.Faults
		eventra.ValidateEmail(&f, "email", email)
		require.NotEmpty(t, f, "%+q", email)
	}
	for _, email := range []string{"ada+tickets@example.org", "josé@example.org", "user@bücher.example", "x@1.example"} {
		var f eventra.Faults
		eventra.ValidateEmail(&f, "email", email)
		require.Empty(t, f, "%+q", email)
	}
}

func TestValidatePassword_RefusesFirstGuesses(t *testing.T) {
	t.Parallel()
	const email = "ada.lovelace@example.org"
	for _, password := range []string{
		"password", "PassWord", " password ", "Password123", "12345678", "qwertyuiop", email, strings.ToUpper(email), "ada.lovelace",
		"ada.lovelaceada.lovelace", "        ", "\u00a0\u2003\u00a0\u2003", "bbbbbbbb", "BbbbBbbb", "ééééé", "correcthorsebatterystaple",
	} {
		var f eventra.Faults
		eventra.ValidatePassword(&f, "password", password, email)
		require.Len(t, f, 1, "%q", password)
		require.Equal(t, "too_common", f[0].Code, "%q", password)
	}
	for _, password := range []string{"correct horse", "demo-user-password", "lovelace counts", "password of a poet"} {
		var f eventra.Faults
		eventra.ValidatePassword(&f, "password", password, email)
		require.Empty(t, f, "%q", password)
	}
}

func TestEvent_ValidateRefusesWhatNobodySees(t *testing.T) {
	t.Parallel()
	for _, hidden := range []string{"\u200b", "Jazz\u202ezzaJ", "\u2066\u2069", "\u2800", "\u3164", "Jazz\u0007"} {
		e := eventra.Event{Title: hidden, Category: hidden, Tags: []string{hidden}, Venue: eventra.Venue{Name: hidden, City: hidden}}
		var f eventra.Faults
		e.Validate(&f)
		var fields []string
		for _, fault := range f {
			fields = append(fields, fault.Field)
		}
		require.Subset(t, fields, []string{"title", "category", "tags[0]", "venue.name", "venue.city"}, "%+q", hidden)
	}
}
