package eventra

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// validateLine checks text that must be a single line, because it may end up in a
// mail's subject.
func validateLine(f *Faults, field, s string, minRunes, maxRunes int) {
	if strings.ContainsAny(s, "\n\r\t\u0085\u2028\u2029") {
		f.Add(field, "invalid_text", "must be a single line")
		return
	}
	validateText(f, field, s, minRunes, maxRunes)
}

// validateText checks that s is printable text of minRunes to maxRunes characters,
// and not blank if minRunes is more than zero.
func validateText(f *Faults, field, s string, minRunes, maxRunes int) {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || hasForbidden(s):
		f.Add(field, "invalid_text", "must be UTF-8 text without control, invisible and direction characters")
	case n < minRunes || n > maxRunes:
		f.Add(field, "length", "must have %d to %d characters", minRunes, maxRunes)
	case minRunes > 0 && !strings.ContainsFunc(s, visible):
		f.Add(field, "blank", "must not be blank")
	}
}

// hasForbidden reports characters that hide, turn text around or mean nothing, other than
// tabs and ends of lines, and joiners and variation selectors where they have a meaning.
func hasForbidden(s string) bool {
	before := rune(0)
	for i, r := range s {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
		case isJoiner(r):
			next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if !joins(before) || !joins(next) {
				return true
			}
		case unicode.Is(unicode.Variation_Selector, r):
			if !varies(before) {
				return true
			}
		case hidden(r):
			return true
		}
		before = r
	}
	return false
}

// hidden reports control and format characters (Unicode's Cc and Cf), and others that are
// drawn as nothing. A few format characters are signs that enclose a number.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// varies reports whether a variation selector may follow r: it chooses a form of a sign or
// an emoji, and of letters of some scripts.
func varies(r rune) bool {
	return unicode.In(r, unicode.S, unicode.Po, unicode.Nd, unicode.Han, unicode.Mongolian, unicode.Myanmar, unicode.Phags_Pa)
}

// joins reports whether a joiner may stand beside r: where a label may have one, in other
// scripts whose letters take other forms beside it, and between the parts of an emoji.
func joins(r rune) bool {
	return isJoining(r) || unicode.In(r, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Myanmar, unicode.So) ||
		unicode.Is(unicode.Variation_Selector, r) || (r >= 0x1f3fb && r <= 0x1f3ff) || r == '\u2640' || r == '\u2642'
}

// visible reports whether a reader sees r.
func visible(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !hidden(r) && r != brailleBlank
}

const brailleBlank = '\u2800'
