package http

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

const queryTextMaxRunes = 200

// query reads the parameters of a GET and collects their faults.
type query struct {
	c      *fiber.Ctx
	faults eventra.Faults
}

// text returns a parameter, or "" without one. The string outlives the request.
func (q *query) text(name string) string {
	value := string(q.c.Request().URI().QueryArgs().Peek(name))
	if !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		q.faults.Add(name, "invalid_text", "must be UTF-8 text without control characters")
		return ""
	}
	if utf8.RuneCountInString(value) > queryTextMaxRunes {
		q.faults.Add(name, "length", "must have at most %d characters", queryTextMaxRunes)
		return ""
	}
	return value
}

// time returns a parameter that is an RFC 3339 time, or zero without one.
func (q *query) time(name string) time.Time {
	value := q.text(name)
	if value == "" {
		return time.Time{}
	}
	return parseTime(&q.faults, name, value)
}

// version returns a parameter that is the version of a seat map, or nil without one.
func (q *query) version(name string) *uint64 {
	if !q.has(name) {
		return nil
	}
	text := q.text(name)
	version, err := strconv.ParseUint(text, 10, 64)
	if err == nil && strconv.FormatUint(version, 10) != text {
		err = strconv.ErrSyntax // such as 007
	}
	if err != nil {
		q.faults.Add(name, "type", "must be the version of an earlier answer")
	}
	return &version
}

// has reports whether a parameter was given, even if it is empty.
func (q *query) has(name string) bool { return q.c.Request().URI().QueryArgs().Has(name) }

// page returns the requested page of the list that scope names.
func (q *query) page(cursors cursorSealer, scope ...string) eventra.Page {
	page := eventra.Page{Limit: eventra.PageLimitDefault}
	if q.has("limit") {
		text := q.text("limit")
		limit, err := strconv.Atoi(text)
		if err != nil || strconv.Itoa(limit) != text || limit < 1 || limit > eventra.PageLimitMax {
			q.faults.Add("limit", "range", "must be from 1 to %d", eventra.PageLimitMax)
		}
		page.Limit = limit
	}
	if q.has("cursor") {
		cursor, ok := cursors.open(q.text("cursor"), scope...)
		if !ok {
			q.faults.Add("cursor", "invalid_cursor", "must be the nextCursor of an earlier page of this list")
		}
		page.Cursor = cursor
	}
	return page
}

// pathID reads an id in the path. Nothing exists under a malformed one, so its error is
// the same code.
func pathID(c *fiber.Ctx, name string, code eventra.Code) (eventra.ID, error) {
	id, err := eventra.ParseID(c.Params(name))
	if err != nil {
		return id, eventra.Errorf(code, "no such %s", strings.TrimSuffix(name, "Id"))
	}
	return id, nil
}
