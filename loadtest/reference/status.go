package main

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"
)

// statusCounter counts answers by status, for the client that drives the load
// then need not read them.
type statusCounter [600]atomic.Int64

func (s *statusCounter) count(c *fiber.Ctx) error {
	err := c.Next()
	status := c.Response().StatusCode()
	var told *problem
	if errors.As(err, &told) {
		status = told.Status
	} else if err != nil {
		status = fiber.StatusInternalServerError
	}
	s[status].Add(1)
	return err
}

func (s *statusCounter) show(c *fiber.Ctx) error {
	var out strings.Builder
	for status := range s {
		if n := s[status].Load(); n > 0 {
			fmt.Fprintf(&out, "reference_http_requests_total{status=\"%d\"} %d\n", status, n)
		}
	}
	return c.SendString(out.String())
}
