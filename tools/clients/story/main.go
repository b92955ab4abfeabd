// Command story does what a buyer does, with the client that ogen generates, against the
// program at EVENTRA_URL with its demonstration data.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/ogen-go/ogen/ogenerrors"

	"github.com/eventra/eventra/tools/clients/out/ogen"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := tell(ctx, os.Getenv("EVENTRA_URL")); err != nil {
		fmt.Fprintln(os.Stderr, "story:", err)
		os.Exit(1)
	}
}

// bearer is the access token, once there is one.
type bearer string

func (b *bearer) BearerAuth(context.Context, ogen.OperationName) (ogen.BearerAuth, error) {
	if *b == "" {
		return ogen.BearerAuth{}, errors.New("not logged in")
	}
	return ogen.BearerAuth{Token: string(*b)}, nil
}

// KeyAuth leaves API keys out: a buyer has none.
func (b *bearer) KeyAuth(context.Context, ogen.OperationName) (ogen.KeyAuth, error) {
	return ogen.KeyAuth{}, ogenerrors.ErrSkipClientSecurity
}

// demo is the event of the demonstration data.
var demo = uuid.MustParse("01900000-0000-7000-8000-0000000000e1")

func tell(ctx context.Context, url string) error {
	token := new(bearer)
	api, err := ogen.NewClient(url, token)
	if err != nil {
		return err
	}
	login, err := api.Login(ctx, &ogen.Login{Email: "user@eventra.test", Password: "demo-user-password"})
	in, ok := login.(*ogen.TokensHeaders)
	if !ok {
		return fmt.Errorf("login: %T %w", login, err)
	}
	*token = bearer(in.Response.AccessToken)
	wanted := ogen.NewBookingOfBestAvailableBookingRequest(ogen.BookingOfBestAvailable{EventId: demo, BestAvailable: ogen.BestAvailable{Quantity: ogen.NewOptInt(2)}})
	booking, err := api.CreateBooking(ctx, wanted, ogen.CreateBookingParams{IdempotencyKey: ogen.NewOptString(uuid.NewString())})
	held, ok := booking.(*ogen.BookingHeaders)
	if !ok {
		return fmt.Errorf("hold: %T %w", booking, err)
	}
	fmt.Println(held.Response.Status, held.Response.Seats[0].Seat, held.Response.Total.Amount)
	again := ogen.NewBookingOfSeatsBookingRequest(ogen.BookingOfSeats{EventId: demo, Seats: []string{held.Response.Seats[0].Seat}})
	refused, err := api.CreateBooking(ctx, again, ogen.CreateBookingParams{})
	conflict, ok := refused.(*ogen.CreateBookingConflict)
	if !ok {
		return fmt.Errorf("hold again: %T %w", refused, err)
	}
	fmt.Println(conflict.Response.Code, conflict.Response.Unavailable)
	released, err := api.ReleaseBooking(ctx, ogen.ReleaseBookingParams{BookingId: held.Response.ID})
	if _, ok := released.(*ogen.GetBookingOKHeaders); !ok {
		return fmt.Errorf("release: %T %w", released, err)
	}
	fmt.Println("released")
	return nil
}
