package eventra

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// CanonicalName returns the one form of the forms in which a label, or a seat's name,
// can be typed (NFC): a letter with an accent may be one character or two. ASCII
// costs nothing.
func CanonicalName(name string) string {
	if isASCII(name) {
		return name
	}
	return norm.NFC.String(name)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// labelMarksMax is how many marks may follow each other. No language needs more.
const labelMarksMax = 4

// validLabel reports whether a label has at most so many characters, and visible ones only:
// letters, digits, the marks that belong to them, inner spaces, dots and underscores.
func validLabel(label string, maxRunes int) bool {
	if label == "" || !utf8.ValidString(label) || utf8.RuneCountInString(label) > maxRunes ||
		strings.TrimSpace(label) != label {
		return false
	}
	marks, before := 0, ' '
	for i, r := range label {
		switch {
		case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			marks = 0
		case unicode.In(r, unicode.Mn, unicode.Mc):
			if marks++; marks > labelMarksMax || !isOfLetter(before) {
				return false
			}
		case isJoiner(r):
			after, _ := utf8.DecodeRuneInString(label[i+utf8.RuneLen(r):])
			if !isJoining(before) || !isJoining(after) {
				return false
			}
		case r != ' ' && r != '.' && r != '_':
			return false
		}
		before = r
	}
	return true
}

// isOfLetter reports whether a mark may follow.
func isOfLetter(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || isJoiner(r)
}

// isJoiner reports characters that change how the letters beside them are joined.
func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// joiningScripts are scripts whose spelling needs joiners (RFC 5892, appendix A.1).
var joiningScripts = []*unicode.RangeTable{unicode.Arabic, unicode.Bengali, unicode.Devanagari, unicode.Gujarati, unicode.Gurmukhi,
	unicode.Kannada, unicode.Khmer, unicode.Malayalam, unicode.Oriya, unicode.Sinhala, unicode.Tamil, unicode.Telugu}

// isJoining reports whether r is of a script whose spelling needs joiners.
func isJoining(r rune) bool { return unicode.In(r, joiningScripts...) }
