package main

import (
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

func sign(t *testing.T, secret string, change func(jwt.MapClaims)) string {
	held := jwt.MapClaims{"iss": "eventra", "aud": []string{"eventra"}, "sub": uuid.NewString(), "role": "USER",
		"exp": time.Now().Add(time.Minute).Unix()}
	change(held)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, held).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokenChecker_AcceptsOnlyEventrasTokens(t *testing.T) {
	checker := newTokenChecker([]byte("secret"))
	if user, err := checker.check(sign(t, "secret", func(jwt.MapClaims) {})); err != nil || user.role != "USER" || user.userID == uuid.Nil {
		t.Errorf("%v %v", user, err)
	}
	for name, token := range map[string]string{
		"another secret":   sign(t, "other", func(jwt.MapClaims) {}),
		"expired":          sign(t, "secret", func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Minute).Unix() }),
		"without expiry":   sign(t, "secret", func(c jwt.MapClaims) { delete(c, "exp") }),
		"another audience": sign(t, "secret", func(c jwt.MapClaims) { c["aud"] = "other" }),
		"of no user":       sign(t, "secret", func(c jwt.MapClaims) { c["sub"] = "x" }),
		"none":             "x",
	} {
		if _, err := checker.check(token); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestBookingRequest_Validate(t *testing.T) {
	event := uuid.NewString()
	var eleven []string
	for i := range 11 {
		eleven = append(eleven, strconv.Itoa(i))
	}
	for name, want := range map[string]struct {
		bookingRequest
		status int
	}{
		"fine":     {bookingRequest{event, []string{"A-1-1", "A-1-2"}}, 0},
		"no event": {bookingRequest{"x", []string{"A-1-1"}}, 404},
		"no seats": {bookingRequest{event, nil}, 422},
		"twice":    {bookingRequest{event, []string{"A-1-1", "A-1-1"}}, 422},
		"no name":  {bookingRequest{event, []string{""}}, 422},
		"too many": {bookingRequest{event, eleven}, 422},
		"too long": {bookingRequest{event, []string{strings.Repeat("A", 101)}}, 422},
	} {
		_, err := want.validate()
		var p *problem
		errors.As(err, &p)
		if (want.status == 0) != (err == nil) || p != nil && p.Status != want.status {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStatusCounter_CountsResponses(t *testing.T) {
	s := &server{}
	app := fiber.New(fiber.Config{ErrorHandler: s.handleError})
	app.Get("/taken", s.statuses.count, func(*fiber.Ctx) error {
		return &problem{Status: 409, Code: "seats_unavailable", Unavailable: []string{"A-1-1"}}
	})
	app.Get("/broken", s.statuses.count, func(*fiber.Ctx) error { return errors.New("no database") })
	app.Get("/fine", s.statuses.count, func(c *fiber.Ctx) error { return c.SendStatus(201) })
	for path, status := range map[string]int{"/taken": 409, "/broken": 500, "/fine": 201, "/nowhere": 404} {
		answer, err := app.Test(httptest.NewRequest("GET", path, nil))
		if err != nil || answer.StatusCode != status {
			t.Errorf("%s: %v %v", path, answer, err)
		}
		if n := s.statuses[status].Load(); path != "/nowhere" && n != 1 {
			t.Errorf("%d was counted %d times", status, n)
		}
	}
}
