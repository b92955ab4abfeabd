package http

import (
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/eventra/eventra"
)

// FuzzBodies decodes and validates each kind of body. A body is accepted, or refused with
// an error of the domain, which reveals nothing internal.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"email":"ada@example.com","password":"correct horse","name":"Ada"}`,
		`{"method":"mock","token":"tok_slow_300"}`, `{"refreshToken":"x"}`,
		`{"sections":[{"name":"A","rowCount":2,"seatsPerRow":3,"price":{"amount":1,"currency":"EUR"}}]}`,
		`{"seats":[{"section":"A","row":"1","number":1,"price":{"amount":1,"currency":"EUR"}}]}`,
		`{"title":"T","category":"c","venue":{"name":"V","city":"B","timezone":"Europe/Berlin"},"startsAt":"2030-05-01T19:30:00Z","endsAt":"2030-05-01T22:00:00Z","attributes":{"a":[1e308,{"b":null}]}}`,
		`{"holdSeconds":-1,"attributes":[[[]]],"tags":[""]}`, `{}`, `null`, "{\"name\":\"\xed\xa0\x80\"}",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, read := range []func() error{
			func() error { var r Registration; return errors.Join(decode(body, &r), r.validate()) },
			func() error { var r Login; return errors.Join(decode(body, &r), r.validate()) },
			func() error { var r PaymentRequest; return errors.Join(decode(body, &r), r.validate()) },
			func() error { var r RefreshToken; return decode(body, &r) },
			func() error { return readPlan(t, body) },
			func() error { return readEvent(t, body) },
		} {
			if err := read(); err != nil {
				var own *eventra.Error
				require.ErrorAs(t, err, &own)
			}
		}
	})
}

func readPlan(t *testing.T, body []byte) error {
	var plan SeatPlan
	if err := decode(body, &plan, seatPlanLists); err != nil {
		return err
	}
	seats, _, err := plan.seats()
	if err != nil {
		return err
	}
	require.NotEmpty(t, seats)
	require.LessOrEqual(t, len(seats), eventra.SeatsPerEventMax)
	names := map[string]bool{}
	for _, seat := range seats {
		require.False(t, names[seat.Name()], "two seats have the same name")
		names[seat.Name()] = true
	}
	return nil
}

func readEvent(t *testing.T, body []byte) error {
	var fields EventFields
	if err := decode(body, &fields); err != nil {
		return err
	}
	event := &eventra.Event{}
	if err := fields.apply(event); err != nil {
		return err
	}
	require.NoError(t, fieldsOf(event).apply(&eventra.Event{}), "the fields of an accepted event are accepted")
	return nil
}

// FuzzMergePatch applies patches. The result is JSON, and applying a patch again changes
// nothing.
func FuzzMergePatch(f *testing.F) {
	f.Add([]byte(`{"a":"b","c":{"d":"e","f":"g"}}`), []byte(`{"a":"z","c":{"f":null}}`))
	f.Add([]byte(`[1,2]`), []byte(`{"a":{"bb":{"ccc":null}}}`))
	f.Add([]byte(``), []byte(`null`))
	f.Fuzz(func(t *testing.T, target, patch []byte) {
		if len(target) > 0 && !jsontext.Value(target).IsValid() || !jsontext.Value(patch).IsValid() {
			return
		}
		once, err := mergePatch(target, patch)
		require.NoError(t, err)
		require.True(t, once.IsValid())
		again, err := mergePatch(once, patch)
		require.NoError(t, err)
		require.JSONEq(t, canonical(t, once), canonical(t, again))
	})
}

func canonical(t *testing.T, value jsontext.Value) string {
	t.Helper()
	value = value.Clone()
	require.NoError(t, value.Canonicalize())
	return string(value)
}

// FuzzIdempotencyKey reads keys. Only visible ASCII of a limited length is accepted.
func FuzzIdempotencyKey(f *testing.F) {
	app := fiber.New()
	for _, key := range []string{"k1", "", " ", "a b", "ä", "\x00", string(make([]byte, 300))} {
		f.Add(key, false)
	}
	f.Add("k1", true)
	f.Fuzz(func(t *testing.T, text string, twice bool) {
		c := app.AcquireCtx(&fasthttp.RequestCtx{})
		defer app.ReleaseCtx(c)
		c.Request().Header.Add(headerIdempotencyKey, text)
		if twice {
			c.Request().Header.Add(headerIdempotencyKey, text)
		}
		key, given, err := idempotencyKey(c)
		require.True(t, given)
		if err == nil {
			require.False(t, twice)
			require.NotEmpty(t, key.Key)
			require.LessOrEqual(t, len(key.Key), idempotencyKeyMaxBytes)
			for _, b := range []byte(key.Key) {
				require.True(t, b > ' ' && b <= '~')
			}
		}
	})
}

// FuzzIfMatch reads conditions. The result is a version, 0, or a refusal.
func FuzzIfMatch(f *testing.F) {
	app := fiber.New()
	for _, header := range []string{`"v1"`, `W/"v2", "v3"`, `*`, `"v-1"`, `,`, `"v99999999999999999999"`} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		c := app.AcquireCtx(&fasthttp.RequestCtx{})
		defer app.ReleaseCtx(c)
		c.Request().Header.Set(fiber.HeaderIfMatch, header)
		version, err := ifMatchVersion(c, eventTagPrefix)
		require.GreaterOrEqual(t, version, int64(0))
		require.True(t, err == nil || eventra.CodeOf(err) == eventra.CodePreconditionFailed)
	})
}
