package eventra

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// SeatLabels are the names of an event's sections, and of the rows of each. They
// tell which names people cannot tell apart.
type SeatLabels struct {
	sections labels
	rows     map[string]labels // by section
}

// NewSeatLabels returns the labels of seats that exist.
func NewSeatLabels() *SeatLabels {
	return &SeatLabels{sections: labels{}, rows: map[string]labels{}}
}

// Add adds the labels of a seat. If one of them is new and looks like another one,
// it returns both.
func (l *SeatLabels) Add(section, row string) (label, other string, alike bool) {
	if other, alike = l.sections.add(section); alike {
		return section, other, true
	}
	rows := l.rows[section]
	if rows == nil {
		rows = labels{}
		l.rows[section] = rows
	}
	other, alike = rows.add(row)
	return row, other, alike
}

// AddSection adds the name of a section. If it is new and looks like another one, it
// returns that.
func (l *SeatLabels) AddSection(name string) (other string, alike bool) { return l.sections.add(name) }

// labels are the sections of an event, or the rows of a section.
type labels map[look]string

// look is how a label looks or sounds, in one of several ways.
type look struct {
	way  lookWay
	text string
}

type lookWay uint8

const (
	spelled   lookWay = iota // as it is
	printed                  // each letter and digit as the one that it looks like
	lowerCase                // the same, but written in lower case
	upperCase
)

// add reports the label that looks like a new one. The new one is added, all the same.
func (l labels) add(label string) (other string, alike bool) {
	asSpelled := look{spelled, label}
	if _, known := l[asSpelled]; known {
		return "", false
	}
	l[asSpelled] = label
	for _, look := range looksOf(label) {
		if first, taken := l[look]; taken {
			other, alike = first, true
			continue
		}
		l[look] = label
	}
	return other, alike
}

// looksOf returns the looks of a label. Labels that share one are hard to tell apart:
// A, a, Cyrillic А and full-width Ａ; 1, 01 and I.
func looksOf(label string) [3]look {
	if isASCII(label) {
		label = plainNumbers(label)
		lower := strings.ToLower(label)
		return [3]look{{printed, asPrinted(label)}, {lowerCase, lower}, {upperCase, lower}}
	}
	label = plainNumbers(norm.NFKD.String(label))
	folded := norm.NFKD.String(cases.Fold().String(label))
	return [3]look{
		{printed, asPrinted(prototype(label))},
		{lowerCase, strings.ToLower(prototype(folded))},
		{upperCase, strings.ToLower(prototype(strings.ToUpper(folded)))},
	}
}

func prototype(s string) string {
	return strings.Map(func(r rune) rune {
		if p, found := prototypes[r]; found {
			return p
		}
		return r
	}, s)
}

// asPrinted joins what many fonts print alike.
func asPrinted(s string) string { return printedAlike.Replace(s) }

var printedAlike = strings.NewReplacer("0", "O", "1", "l", "I", "l")

// plainNumbers writes the numbers of a label with the digits 0 to 9 and without
// leading zeros. It drops what nobody sees: joiners, and all but one of several spaces.
func plainNumbers(label string) string {
	label = strings.Join(strings.Fields(strings.Map(plainDigit, label)), " ")
	plain := make([]byte, 0, len(label))
	for i := range len(label) {
		starts := len(plain) == 0 || !isDigit(plain[len(plain)-1])
		if label[i] == '0' && starts && i+1 < len(label) && isDigit(label[i+1]) {
			continue
		}
		plain = append(plain, label[i])
	}
	return string(plain)
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// plainDigit returns the digit of the same value, and other characters as they are.
func plainDigit(r rune) rune {
	if isJoiner(r) {
		return -1
	}
	if r < unicode.MaxASCII || !unicode.IsDigit(r) {
		return r
	}
	for _, tens := range unicode.Nd.R16 { // whole decades, each in order
		if rune(tens.Lo) <= r && r <= rune(tens.Hi) {
			return '0' + (r-rune(tens.Lo))%10
		}
	}
	for _, tens := range unicode.Nd.R32 {
		if rune(tens.Lo) <= r && r <= rune(tens.Hi) {
			return '0' + (r-rune(tens.Lo))%10
		}
	}
	return r
}
