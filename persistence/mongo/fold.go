package mongo

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// searchForm is the form of folded texts. Documents of another form are folded
// again: see [DB.Refold]. Form 1 ignores accents; the one before, which had no
// number, did not.
const searchForm = 1

// fold makes texts equal that people type in different ways: case, accents,
// letters that a keyboard lacks, typographic quotes and dashes, and white space
// around and between words make no difference.
func fold(s string) string {
	s = decompose(typed.Replace(s))
	s = decompose(typed.Replace(cases.Fold().String(s))) // folding makes combinations, and letters to be replaced
	s = strings.Map(func(r rune) rune {
		if isAccent(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

func decompose(s string) string { return norm.NFKD.String(s) }

// isAccent reports marks that writers leave out: accents, and the vowels of
// Arabic and Hebrew. Other scripts' marks are vowels and consonants of their own,
// and U+3099 and U+309A make other letters of kana.
func isAccent(r rune) bool {
	return unicode.Is(unicode.Mn, r) && r != '\u3099' && r != '\u309A' &&
		unicode.In(r, unicode.Inherited, unicode.Hebrew, unicode.Arabic, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}

// typed replaces what has no decomposition by what people type instead.
var typed = strings.NewReplacer(
	"’", "'", "‘", "'", "ʼ", "'", "ʻ", "'", "ʹ", "'", "′", "'", "‛", "'", "`", "'", "´", "'", "＇", "'",
	"“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "″", `"`,
	"‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "−", "-",
	"æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ħ", "h", "ı", "i", "ł", "l", "ŋ", "n", "ŧ", "t", "ə", "e",
	"Ø", "o", "Ł", "l", "Đ", "d",
)
