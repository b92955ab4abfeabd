package http

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// declaredCodes returns the values of all constants of type Code in a file.
func declaredCodes(t *testing.T, file string) (codes []eventra.Code) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			for _, value := range spec.Values {
				code, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				require.NoError(t, err)
				codes = append(codes, eventra.Code(code))
			}
		}
		return true
	})
	return codes
}

func TestProblem_EveryCodeHasAStatus(t *testing.T) {
	t.Parallel()
	codes := declaredCodes(t, "../error.go")
	require.Greater(t, len(codes), 30)
	for _, code := range codes {
		kind, ok := problems[code]
		require.True(t, ok, "no entry for %s", code)
		require.NotEmpty(t, kind.title, code)
		require.True(t, kind.status >= 400 && kind.status < 600, code)
		require.NotEqual(t, 504, kind.status)
		if kind.status == 503 || kind.status == 429 {
			require.Positive(t, kind.retryAfter, code)
		}
	}
	require.Len(t, problems, len(codes)+3, "the three of this layer are the only others")
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	taken := eventra.Errorf(eventra.CodeEmailTaken, "taken")
	for name, c := range map[string]struct {
		err  error
		code eventra.Code
	}{
		"ours":          {taken, eventra.CodeEmailTaken},
		"ours, wrapped": {fmt.Errorf("store: %w", taken), eventra.CodeEmailTaken},
		"deadline":      {fmt.Errorf("x: %w", context.DeadlineExceeded), eventra.CodeUnavailable},
		"cancelled":     {context.Canceled, eventra.CodeUnavailable},
		"foreign":       {errors.New("pq: password is hunter2"), eventra.CodeInternal},
	} {
		require.Equal(t, c.code, problemOf(c.err).Code, name)
	}
}

func TestProblem_Members(t *testing.T) {
	ts := newTestServer(t)
	payment := &eventra.Payment{ID: newID(), BookingID: newID(), Method: "mock", Amount: eventra.Money{Amount: 5, Currency: "EUR"},
		Status: eventra.PaymentRefundPending, CreatedAt: time.Now()}
	book := func(err error) answer {
		ts.fakes.fail(err)
		return ts.send("POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`)
	}
	p := ts.problem(book(&eventra.Error{Code: eventra.CodeSeatsUnavailable, Seats: []string{"A-1-1"}}), 409, eventra.CodeSeatsUnavailable)
	require.Equal(t, []string{"A-1-1"}, p.Unavailable)
	p = ts.problem(book(&eventra.Error{Code: eventra.CodeUnknownSeats, Seats: []string{"Z"}}), 422, eventra.CodeUnknownSeats)
	require.Equal(t, []string{"Z"}, p.Unknown)
	p = ts.problem(book(&eventra.Error{Code: eventra.CodeLeavesSingleSeat, Orphans: []string{"A-1-2"}, Suggestions: [][]string{{"A-1-2"}, {"A-1-4"}}}),
		409, eventra.CodeLeavesSingleSeat)
	require.Equal(t, []string{"A-1-2"}, p.Orphans)
	require.Equal(t, [][]string{{"A-1-2"}, {"A-1-4"}}, p.Suggestions)
	p = ts.problem(book(&eventra.Error{Code: eventra.CodeSeatExists, Seats: []string{"A"}}), 409, eventra.CodeSeatExists)
	require.Equal(t, []string{"A"}, p.Seats)

	a := ts.send("POST", "/api/v1/bookings/"+ts.bookingID+"/payments", ts.userToken, `{"method":"mock","token":"tok_ok"}`)
	ts.problem(a, 409, eventra.CodeSeatExists)
	ts.fakes.fail(&eventra.Error{Code: eventra.CodeHoldExpired, Message: "too late", Payment: payment})
	a = ts.send("POST", "/api/v1/bookings/"+ts.bookingID+"/payments", ts.userToken, `{"method":"mock","token":"tok_ok"}`)
	ts.problem(a, 409, eventra.CodeHoldExpired)
	require.Contains(t, a.body, `"payment":{"id":"`+payment.ID.String()+`"`)
	require.Contains(t, a.body, `"status":"REFUND_PENDING"`)
}

func TestProblem_LeaksNothing(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.fail(errors.New("dial tcp 10.1.2.3:5432: secret"))
	a := ts.send("GET", "/api/v1/bookings/"+ts.bookingID, ts.userToken, "", "X-Request-Id: find-me")
	p := ts.problem(a, 500, eventra.CodeInternal)
	require.NotContains(t, a.body, "10.1.2.3")
	require.Equal(t, "find-me", p.RequestID)
	require.Contains(t, ts.logged(), "10.1.2.3")
	require.Contains(t, ts.logged(), "find-me")

	ts.fakes.fail(eventra.Unavailable("PostgreSQL", errors.New("dial tcp 10.1.2.3:5432")))
	a = ts.send("GET", "/api/v1/bookings/"+ts.bookingID, ts.userToken, "")
	ts.problem(a, 503, eventra.CodeUnavailable)
	require.NotContains(t, a.body, "10.1.2.3")
}
