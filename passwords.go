package eventra

import (
	_ "embed"
	"strings"
	"unicode/utf8"
)

// guessable reports whether a password is among the first guesses at it: the address, its
// local part repeated, one character repeated, or one of the most common passwords.
func guessable(password, email string) bool {
	folded := strings.ToLower(password)
	local, _, _ := strings.Cut(email, "@")
	first, _ := utf8.DecodeRuneInString(folded)
	switch {
	case strings.TrimSpace(password) == "", strings.Trim(folded, string(first)) == "":
		return true
	case email != "" && (strings.TrimSpace(folded) == email || folded == local || folded == local+local):
		return true
	}
	_, common := commonPasswords[strings.TrimSpace(folded)]
	return common
}

// commonPasswords are those of eight and more bytes that lead the published lists of
// passwords from breaches, in lower case; shorter ones are refused for their length. Most
// are the first 3,000 of them in zxcvbn's list (github.com/dropbox/zxcvbn, MIT License).
var commonPasswords = func() map[string]struct{} {
	all := map[string]struct{}{}
	for word := range strings.FieldsSeq(commonPasswordList) {
		all[word] = struct{}{}
	}
	return all
}()

//go:embed passwords.txt
var commonPasswordList string
