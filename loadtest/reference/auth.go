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

// caller is the user that a token names.
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
	var c claims
	if _, err := t.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.secret, nil }); err != nil {
		return nil, err
	}
	user, err := uuid.Parse(c.Subject)
	return &caller{user, c.Role}, err
}

// authenticate requires a valid token and sets the request's caller.
func (s *server) authenticate(c *fiber.Ctx) error {
	token, bearer := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer ")
	if !bearer {
		return &problem{Status: 401, Code: "unauthenticated"}
	}
	user, err := s.tokens.check(token)
	if err != nil {
		return &problem{Status: 401, Code: "unauthenticated", Detail: err.Error()}
	}
	c.Locals("caller", user)
	return c.Next()
}

func callerOf(c *fiber.Ctx) *caller { return c.Locals("caller").(*caller) }

// problem is an error response.
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

// handleError responds with the problem of an error.
func (s *server) handleError(c *fiber.Ctx, err error) error {
	var p *problem
	var routing *fiber.Error
	switch {
	case errors.As(err, &p):
	case errors.As(err, &routing):
		p = &problem{Status: routing.Code, Code: "malformed_request", Detail: routing.Message}
	default:
		p = &problem{Status: 500, Code: "internal", Detail: err.Error()}
	}
	p.Title, p.Instance = p.Code, c.Path()
	c.Status(p.Status)
	return c.JSON(p, "application/problem+json")
}
