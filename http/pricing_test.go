package http

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// manyPrices is a pricing under the longest names, with so many prices.
func manyPrices(categories, types, prices int) string {
	name := func(kind string, n int) string {
		return fmt.Sprintf("%s%0*d", kind, eventra.PricingNameMaxRunes-len(kind), n)
	}
	var c, tt, p []string
	for n := range categories {
		c = append(c, fmt.Sprintf(`{"name":%q}`, name("category", n)))
	}
	for n := range types {
		tt = append(tt, fmt.Sprintf(`{"name":%q,"default":%v}`, name("type", n), n == 0))
	}
	for n := range prices {
		p = append(p, fmt.Sprintf(`{"category":%q,"ticketType":%q,"amount":%d}`, name("category", n/types), name("type", n%types), n))
	}
	return fmt.Sprintf(`{"currency":"EUR","categories":[%s],"ticketTypes":[%s],"prices":[%s]}`, strings.Join(c, ","), strings.Join(tt, ","), strings.Join(p, ","))
}

func TestPricing_OfAllPricesThatAnEventMayHave(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/events/" + ts.draft + "/pricing"
	full := manyPrices(eventra.CategoriesMax, eventra.PricesMax/eventra.CategoriesMax, eventra.PricesMax)
	require.Greater(t, len(full), 8*bodyMaxBytes)
	got, _ := ts.ok(200, "PUT", path, ts.adminToken, full)
	require.Len(t, got["prices"], eventra.PricesMax)

	for list, body := range map[string]string{
		"categories":  `{"categories":[` + strings.Repeat("{},", 5_000_000) + "{}]}",
		"ticketTypes": `{"ticketTypes":[` + strings.Repeat("{},", eventra.TicketTypesMax) + "{}]}",
		"prices":      strings.TrimSuffix(full, "]}") + ",{}]}",
	} {
		p := ts.problem(ts.send("PUT", path, ts.adminToken, body), 422, eventra.CodeValidationFailed)
		require.Equal(t, "too_many", p.Errors[0].Code, list)
		require.True(t, strings.HasPrefix(p.Errors[0].Field, list), p.Errors[0].Field)
	}
	ts.problem(ts.send("PUT", path, ts.adminToken, strings.Repeat(" ", seatsBodyMaxBytes)+full), 413, eventra.CodeBodyTooLarge)
	ts.problem(ts.send("PUT", path, ts.userToken, full), 403, eventra.CodeForbidden)
}
