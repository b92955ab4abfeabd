package eventra

import "strings"

// currencies are the codes of ISO 4217 that have minor units, by the number of
// their decimals. Codes of metals, of tests (XTS), of no currency (XXX) and of
// units of account have none. CLDR's decimals are no substitute: they say how an
// amount is usually written, not what its minor unit is.
var currencies = map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY " +
		"COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS " +
		"INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR " +
		"MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP " +
		"STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
}

var currencyDecimals = func() map[string]int {
	all := map[string]int{}
	for decimals, codes := range currencies {
		for code := range strings.FieldsSeq(codes) {
			all[code] = decimals
		}
	}
	return all
}()

// CurrencyDecimals returns how many decimals a currency's minor unit stands for,
// and whether ISO 4217 has the currency. An unknown currency has 2.
func CurrencyDecimals(code string) (decimals int, known bool) {
	if decimals, known = currencyDecimals[code]; !known {
		return 2, false
	}
	return decimals, true
}
