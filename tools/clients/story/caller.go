package main

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/ogen-go/ogen/ogenerrors"

	"github.com/eventra/eventra/tools/clients/out/ogen"
)

// tour goes from instance to instance.
type tour struct {
	urls     []string
	requests atomic.Int64
}

func newTour(urls []string) (*tour, error) {
	if len(urls) == 0 {
		return nil, errors.New("names no instance")
	}
	return &tour{urls: urls}, nil
}

// caller is somebody with an access token, an API key, or neither.
type caller struct {
	*tour
	clients    []*ogen.Client // of the instances
	token, key string
}

func (t *tour) caller() *caller {
	c := &caller{tour: t}
	for _, url := range t.urls {
		client, err := ogen.NewClient(url, c, ogen.WithClient(&http.Client{Timeout: 15 * time.Second}))
		if err != nil {
			fail("%s: %v", url, err)
		}
		c.clients = append(c.clients, client)
	}
	return c
}

// next is the client of the next instance.
func (c *caller) next() *ogen.Client {
	return c.clients[c.requests.Add(1)%int64(len(c.clients))]
}

// What is revoked at one instance is refused at the others as soon as they have heard of it.
const (
	refusedWithin = time.Second
	refusedPoll   = 10 * time.Millisecond
)

// shutOut waits until each instance refuses what the caller was allowed before.
func (c *caller) shutOut(what string, ask func(*ogen.Client) (any, error)) {
	for range c.clients {
		client, until := c.next(), time.Now().Add(refusedWithin)
		answer, err := ask(client)
		for err == nil && time.Now().Before(until) {
			if _, is := bodyOf(answer).(ogen.Problem); is {
				break
			}
			time.Sleep(refusedPoll)
			answer, err = ask(client)
		}
		refused(what, "unauthenticated")(answer, err)
	}
}

func (c *caller) BearerAuth(context.Context, ogen.OperationName) (ogen.BearerAuth, error) {
	if c.token == "" {
		return ogen.BearerAuth{}, ogenerrors.ErrSkipClientSecurity
	}
	return ogen.BearerAuth{Token: c.token}, nil
}

func (c *caller) KeyAuth(context.Context, ogen.OperationName) (ogen.KeyAuth, error) {
	if c.key == "" {
		return ogen.KeyAuth{}, ogenerrors.ErrSkipClientSecurity
	}
	return ogen.KeyAuth{Token: c.key}, nil
}

// want returns the body of an answer, which must be of the type T.
func want[T any](what string) func(answer any, err error) T {
	return func(answer any, err error) T {
		body, ok := bodyOf(answer).(T)
		if err != nil || !ok {
			fail("%s: %v %T %+v", what, err, answer, bodyOf(answer))
		}
		return body
	}
}

// done is for answers without a body: none may be a problem.
func done(what string) func(answer any, err error) {
	return func(answer any, err error) {
		if problem, refused := bodyOf(answer).(ogen.Problem); err != nil || refused {
			fail("%s: %v %+v", what, err, problem)
		}
	}
}

// refused returns the problem that an answer must be.
func refused(what, code string) func(answer any, err error) ogen.Problem {
	return func(answer any, err error) ogen.Problem {
		problem := want[ogen.Problem](what)(answer, err)
		check(problem.Code == code, "%s: the code is %s, not %s: %s", what, problem.Code, code, problem.Detail)
		return problem
	}
}

// bodyOf returns the body of an answer, without what ogen puts around it for the headers.
func bodyOf(answer any) any {
	v := reflect.Indirect(reflect.ValueOf(answer))
	if v.Kind() != reflect.Struct {
		return nil
	}
	if body := v.FieldByName("Response"); body.IsValid() {
		return body.Interface()
	}
	return v.Interface()
}
