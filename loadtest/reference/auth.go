package main

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

type claims struct {
	Role string `json:"role"`
	jwt.RegisteredClaims
}

// caller is whom a token names.
type caller struct {
	userID uuid.UUID
	role   string
}

// tokenChecker checks Eventra's access tokens.
type tokenChecker struct {
	secret []byte
	parser *jwt.Parser
}

func newTokenChecker(secret []byte) *tokenChecker {
	return &tokenChecker{secret, jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}),
		jwt.WithIssuer("eventra"), jwt.WithAudience("eventra"), jwt.WithExpirationRequired())}
}

func (t *tokenChecker) check(token string) (*caller, error) {
	var held claims
	if _, err := t.parser.ParseWithClaims(token, &held, func(*jwt.Token) (any, error) { return t.secret, nil }); err != nil {
		return nil, err
	}
	user, err := uuid.Parse(held.Subject)
	return &caller{user, held.Role}, err
}

// authenticate lets in who has a token, and notes whose it is.
func (s *server) authenticate(c *fiber.Ctx) error {
	token, bearer := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer ")
	if !bearer {
		return &problem{Status: 401, Code: "unauthenticated"}
	}
	who, err := s.tokens.check(token)
	if err != nil {
		return &problem{Status: 401, Code: "unauthenticated", Detail: err.Error()}
	}
	c.Locals("caller", who)
	return c.Next()
}

func callerOf(c *fiber.Ctx) *caller { return c.Locals("caller").(*caller) }

// problem is an answer that is not success.
type problem struct {
	Status      int      `json:"status"`
	Code        string   `json:"code"`
	Title       string   `json:"title"`
	Detail      string   `json:"detail,omitempty"`
	Instance    string   `json:"instance"`
	Unavailable []string `json:"unavailable,omitempty"`
	Unknown     []string `json:"unknown,omitempty"`
}

func (p *problem) Error() string { return p.Code }

// refuse answers what went wrong.
func (s *server) refuse(c *fiber.Ctx, err error) error {
	var told *problem
	var routing *fiber.Error
	switch {
	case errors.As(err, &told):
	case errors.As(err, &routing):
		told = &problem{Status: routing.Code, Code: "malformed_request", Detail: routing.Message}
	default:
		told = &problem{Status: 500, Code: "internal", Detail: err.Error()}
	}
	told.Title, told.Instance = told.Code, c.Path()
	c.Status(told.Status)
	return c.JSON(told, "application/problem+json")
}
