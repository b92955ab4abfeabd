package eventra

import "strings"

// confusables are words of letters and digits that look like the first one. They
// are from Unicode's confusables 13.0.0 (UTS 39, © Unicode, Inc.,
// unicode.org/terms_of_use.html): single letters of scripts in modern use, at most
// one of each script in a word, since people tell the letters of their own script
// apart. Nor does a word make one letter of two of ASCII.
const confusables = "2ƧꙄ 3ƷЗ 4Ꮞ 5Ƽ 6Ꮾ 8Ȣ 9Ꝯ AΑАᎪ BΒВᏴ CСᏟ DᎠ EΕЕᎬ FϜ GԌᏀ HΗНᎻ IΙІ JͿЈᎫ KΚКᏦ LᏞ MΜМᎷ NΝ OΟОՕଠዐ〇 PΡРᏢ RᎡ " +
	"SЅՏᏕ TΤТᎢ UՍሀ VѴᏙ WԜᎳ XΧХ YΥУᎩ ZΖᏃ aαа bЬᏏ cс dԁᏧ eе fք gց hһհᏂ iιіᎥ jϳј lוا nո oοоօסهഠဝჿ pρр qԛգ " +
	"sѕ uυս vνѵט wԝա xх yγуყ ÞϷ ßβᏰ þϸ ĸκк ƅь ƆϽ ƏӘ ƐԐᏋ ƨꙅ ƩΣ ƫᎿ ǝә ǶԊ ȝӡჳ ȷյ ɅΛЛ ɔͻ ɜз ɢԍ ɰպሣ ɸφф ʌᴧ " +
	"ʍм ʘꙨ ʙв ʜн ΓГᎱ ΠП ΦФՓቀ ΨѰ πп χꭓ ψѱ ωꙍꞷ ИͶ љꭠ ѠᏇ Ոበ ՙʿ ձኔ ٢ꧏ ऽઽ ॱൎ உഉ ஐജ ணണ ழഴ ஶശ అಅ ఆಆ ఇಇ ఒಒ జಜ ఞಞ " +
	"ణಣ యಯ ఱಱ లಲ จຈ บບ ปປ ฝຝ พພ ฟຟ ยຍ ሆՄ ቡՌ ኮԻ ጣՊ ᴎͷи ᴘᴩ ᴙя ᴛτт ẟδծ ⱵͰᎨ へヘ ーᅳ一ꟷ 丨ᅵ 二ニ 亻イ 八ハ 力カ 卜ト 口ロ 夕タ " +
	"工エ ꙌꞶ ꜾϿ ꜿͽ ꞆႠ ꞒЄ ꞓεє "

// prototypes maps a letter to the one that it looks like.
var prototypes = func() map[rune]rune {
	all := map[rune]rune{}
	for word := range strings.FieldsSeq(confusables) {
		letters := []rune(word)
		for _, r := range letters[1:] {
			all[r] = letters[0]
		}
	}
	return all
}()
