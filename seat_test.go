package eventra_test

import (
	"strings"
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

func TestValidateSeatLabel(t *testing.T) {
	t.Parallel()
	tests := []struct {
		label string
		ok    bool
	}{
		{"A", true}, {"12", true}, {"Loge links", true}, {"St. Pauli_2", true}, {"Ränge", true}, {"二階", true},
		{strings.Repeat("ä", 32), true}, {strings.Repeat("a", 33), false},
		{"", false}, {" A", false}, {"A ", false}, {"A-1", false}, {"A/1", false}, {"A\n1", false}, {"A\t1", false},
		{"ชั้น ๒", true}, {"हिन्दी", true}, {"ক্ষুদ্র", true}, {"র\u200d্যাম্প", true}, {"نیم\u200cطبقه", true}, {"Ré", true}, {"Re\u0301", true}, {"பால்கனி", true},
		{"\u0301A", false}, {"A \u0301", false}, {"._\u0301", false}, {"A\u0301\u0302\u0303\u0304", true}, {"A\u0301\u0302\u0303\u0304\u0305", false},
		{"A\u20dd", false}, {"A\u200d1", false}, {"क\u200d", false}, {"\u200dक", false}, {"A\u200b", false}, {"A\u00ad", false},
		{"A\ufe0f", false}, {"A\u034f", false}, {"\u115f", false}, {"\u3164", false}, {"\uffa0", false}, {"A\u202e1", false}, {"A\u20611", false},
		{"<b>", false}, {"A\x00", false}, {"A\xff", false}, {"🎫", false}, {"A\u00a01", false},
	}
	for _, test := range tests {
		var f eventra.Faults
		eventra.ValidateSeatLabel(&f, "row", test.label)
		require.Equal(t, test.ok, len(f) == 0, "%q", test.label)
	}
}

func TestSeat_Validate(t *testing.T) {
	t.Parallel()
	good := row("A", "1", 1)[0]
	tests := []struct {
		name  string
		spoil func(*eventra.Seat)
		want  string
	}{
		{"good", func(*eventra.Seat) {}, ""},
		{"free of charge", func(s *eventra.Seat) { s.Price.Amount = 0 }, ""},
		{"dearest", func(s *eventra.Seat) { s.Price.Amount = eventra.PriceMax }, ""},
		{"too dear", func(s *eventra.Seat) { s.Price.Amount = eventra.PriceMax + 1 }, "s.price.amount range"},
		{"below nothing", func(s *eventra.Seat) { s.Price.Amount = -1 }, "s.price.amount range"},
		{"no currency", func(s *eventra.Seat) { s.Price.Currency = "" }, "s.price.currency invalid_currency"},
		{"small currency", func(s *eventra.Seat) { s.Price.Currency = "eur" }, "s.price.currency invalid_currency"},
		{"sign", func(s *eventra.Seat) { s.Price.Currency = "€" }, "s.price.currency invalid_currency"},
		{"no number", func(s *eventra.Seat) { s.Number = 0 }, "s.number range"},
		{"last number", func(s *eventra.Seat) { s.Number = eventra.SeatNumberMax }, ""},
		{"number too high", func(s *eventra.Seat) { s.Number = eventra.SeatNumberMax + 1 }, "s.number range"},
		{"everything", func(s *eventra.Seat) { *s = eventra.Seat{} },
			"s.section invalid_label, s.row invalid_label, s.number range, s.price.currency invalid_currency"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			seat := good
			test.spoil(&seat)
			var f eventra.Faults
			seat.Validate(&f, "s")
			require.Equal(t, test.want, strings.Join(codes(f), ", "))
		})
	}
	require.Equal(t, "A-1-1", good.Name())
}

func TestSeatStatus_Text(t *testing.T) {
	t.Parallel()
	for status, text := range map[eventra.SeatStatus]string{
		eventra.SeatAvailable: "AVAILABLE", eventra.SeatHeld: "HELD", eventra.SeatBooked: "BOOKED"} {
		written, err := status.MarshalText()
		require.NoError(t, err)
		require.Equal(t, text, string(written))
		read, err := eventra.ParseSeatStatus(text)
		require.NoError(t, err)
		require.Equal(t, status, read)
	}
	for _, text := range []string{"", "held", "SOLD"} {
		_, err := eventra.ParseSeatStatus(text)
		require.Error(t, err)
	}
}

func TestValidateSeats(t *testing.T) {
	t.Parallel()
	seat := func(row, currency string) eventra.Seat {
		return eventra.Seat{Section: "A", Row: row, Number: 1, Price: eventra.Money{Amount: 1, Currency: currency}}
	}
	var many []eventra.Seat
	for range 2 * eventra.SeatFaultsMax {
		many = append(many, seat("1", "EUR"))
	}
	for name, test := range map[string]struct {
		seats []eventra.Seat
		want  []string
	}{
		"none":                         {nil, nil},
		"different":                    {[]eventra.Seat{seat("1", "EUR"), seat("2", "EUR")}, nil},
		"one twice":                    {[]eventra.Seat{seat("1", "EUR"), seat("2", "EUR"), seat("1", "EUR")}, []string{"seats duplicate"}},
		"two rows that look alike":     {[]eventra.Seat{seat("1", "EUR"), seat("01", "EUR")}, []string{"seats look_alike"}},
		"two sections that look alike": {[]eventra.Seat{seat("1", "EUR"), {Section: "а", Row: "1", Number: 2, Price: eventra.Money{Currency: "EUR"}}}, []string{"seats look_alike"}},
		"two currencies":               {[]eventra.Seat{seat("1", "EUR"), seat("2", "USD"), seat("1", "EUR")}, []string{"price.currency mixed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f eventra.Faults
			eventra.ValidateSeats(&f, test.seats)
			require.Equal(t, test.want, codes(f))
		})
	}
	var f eventra.Faults
	eventra.ValidateSeats(&f, many)
	require.Len(t, f, eventra.SeatFaultsMax+1, "checking ends when enough is wrong")
}
