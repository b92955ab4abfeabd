package eventra_test

import (
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

// TestCurrencyDecimals_AreThoseOfISO4217: CLDR, for one, has 0 for RSD, IQD, LBP,
// ALL and MGA, and amounts in these were written a hundred or a thousand times too
// high (github.com/bojanz/currency, issue 37).
func TestCurrencyDecimals_AreThoseOfISO4217(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]int{"EUR": 2, "RSD": 2, "LBP": 2, "ALL": 2, "MGA": 2, "AFN": 2, "IRR": 2, "HUF": 2, "PKR": 2,
		"IQD": 3, "KWD": 3, "TND": 3, "BHD": 3, "JPY": 0, "KRW": 0, "ISK": 0, "UGX": 0, "CLP": 0, "VND": 0, "XAF": 0, "CLF": 4} {
		got, known := eventra.CurrencyDecimals(code)
		require.True(t, known, code)
		require.Equal(t, want, got, code)
	}
}

func TestValidatePrice_KnowsCurrencies(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "EU", "EURO", "eur", "ZZZ", "XXX", "XTS", "XAU", "XDR", "DEM", "ABC", "Е\u0055R"} {
		var f eventra.Faults
		eventra.ValidatePrice(&f, "price", eventra.Money{Amount: 1, Currency: code})
		require.Len(t, f, 1, code)
		require.Equal(t, "price.currency", f[0].Field)
		require.Equal(t, "invalid_currency", f[0].Code)
	}
	for _, code := range []string{"EUR", "USD", "JPY", "RSD", "MGA"} {
		var f eventra.Faults
		eventra.ValidatePrice(&f, "price", eventra.Money{Amount: 1, Currency: code})
		require.Empty(t, f, code)
	}
}
