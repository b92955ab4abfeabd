package main

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"
)

// statusCounter counts responses by status, which spares the load generator from
// parsing them.
type statusCounter [600]atomic.Int64

func (s *statusCounter) count(c *fiber.Ctx) error {
	err := c.Next()
	status := c.Response().StatusCode()
	if p, ok := errors.AsType[*problem](err); ok {
		status = p.Status
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
