package eventra_test

import (
	"strings"
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

// codes lists a validator's faults as "field code".
func codes(f eventra.Faults) (list []string) {
	for _, fault := range f {
		list = append(list, fault.Field+" "+fault.Code)
	}
	return list
}

func TestValidateEmail(t *testing.T) {
	t.Parallel()
	local64, domain := strings.Repeat("a", 64), strings.Repeat("b", 60)
	tests := []struct {
		email string
		ok    bool
	}{
		{"a@b", true}, {"ann@example.org", true}, {"ann+tickets@example.org", true}, {"o'neil@example.org", true},
		{"jürgen@example.org", true},
		{local64 + "@" + strings.Repeat(domain+".", 3) + "org", true},
		{"", false}, {"ann", false}, {"@example.org", false}, {"ann@", false}, {"ann@@example.org", false},
		{"ann example@example.org", false}, {"Ann <ann@example.org>", false}, {"<ann@example.org>", false},
		{"ann@example.org, bob@example.org", false}, {"ann@example.org (home)", false}, {" ann@example.org", false},
		{"ann.@example.org", false}, {"a..b@example.org", false}, {"ann@example.org\r\nBcc: bob@example.org", false},
		{"ann\x00@example.org", false}, {"ann\xff@example.org", false},
		{strings.Repeat("a", 254) + "@b", false},
	}
	for _, test := range tests {
		var f eventra.Faults
		eventra.ValidateEmail(&f, "email", test.email)
		require.Equal(t, test.ok, len(f) == 0, "%q: %v", test.email, f)
		if !test.ok {
			require.Equal(t, []string{"email invalid_email"}, codes(f))
		}
	}
	require.Equal(t, "ann@example.org", eventra.NormalizeEmail(" \tAnn@Example.ORG\r\n"))
}

func TestValidatePassword_CountsBytes(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, password, want string }{
		{"seven", "1234567", "p length"},
		{"eight", "ada is 8", ""},
		{"eight bytes of two characters", "🎫🎭", ""},
		{"72", strings.Repeat("xyz", 24), ""},
		{"73", strings.Repeat("x", 73), "p length"},
		{"72 bytes of 18 characters", strings.Repeat("🎫🎭", 9), ""},
		{"37 characters of 74 bytes", strings.Repeat("ü", 37), "p length"},
		{"spaces stay", " a    b ", ""},
		{"NUL", "1234567\x00", "p invalid"},
		{"none", "", "p length"},
	}
	for _, test := range tests {
		var f eventra.Faults
		eventra.ValidatePassword(&f, "p", test.password, "ada@example.org")
		require.Equal(t, test.want, strings.Join(codes(f), ", "), test.name)
	}
}

func TestValidateName_CountsCharacters(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"one", "Ö", ""},
		{"a hundred", strings.Repeat("ö", 100), ""},
		{"a hundred and one", strings.Repeat("o", 101), "name length"},
		{"none", "", "name length"},
		{"blank", " \u00a0", "name blank"},
		{"NUL", "Ann\x00", "name invalid_text"},
		{"escape", "Ann\x1b[31m", "name invalid_text"},
		{"delete", "Ann\x7f", "name invalid_text"},
		{"bad UTF-8", "Ann\xff", "name invalid_text"},
	}
	for _, test := range tests {
		var f eventra.Faults
		eventra.ValidateName(&f, "name", test.text)
		require.Equal(t, test.want, strings.Join(codes(f), ", "), test.name)
	}
}
