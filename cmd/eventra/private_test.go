package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// Nothing tells a stranger an event that never was published from one that does not exist:
// neither a draft nor one that was cancelled as such.
func TestEvents_WhatWasNeverPublishedIsNeverShown(t *testing.T) {
	t.Parallel()
	p := start(t)
	member := p.another()
	token, _ := p.user()
	draft := p.must(201, "POST", "/events", p.admin, eventBody()).text("id")
	p.must(201, "POST", "/events/"+draft+"/seats", p.admin, object{"sections": []object{{"name": "A", "rows": []string{"1"}, "seatsPerRow": 2,
		"price": object{"amount": 100, "currency": "EUR"}}}})
	unknown := uuid.Must(uuid.NewV7()).String()

	asked := func(id string) (answers []string) {
		for _, at := range []*program{p, member} {
			for _, token := range []string{"", token} {
				for _, part := range []string{"", "/seats", "/seats?since=0", "/availability", "/pricing", "/seats/stream"} {
					answers = append(answers, faceless(at.call("GET", "/events/"+id+part, token, nil), id))
				}
			}
			for _, want := range []object{{"seats": []string{"A-1-1"}}, {"seats": []string{"Z-1-1"}}, {"bestAvailable": object{"quantity": 1}},
				{"bestAvailable": object{"quantity": 1, "section": "Z"}}, {"bestAvailable": object{"quantity": 50}}} {
				want["eventId"] = id
				answers = append(answers, faceless(at.call("POST", "/bookings", token, want), id))
				answers = append(answers, faceless(at.call("POST", "/bookings", token, want, "Idempotency-Key: "+uuid.NewString()), id))
			}
		}
		for _, answer := range answers {
			require.Contains(t, answer, "404 event_not_found")
		}
		return answers
	}
	require.Equal(t, asked(unknown), asked(draft))
	p.must(200, "POST", "/events/"+draft+"/cancel", p.admin, nil)
	require.Equal(t, asked(unknown), asked(draft))
	p.must(200, "GET", "/events/"+draft, p.admin, nil)

	public := p.event(1, 2, nil)
	p.must(200, "POST", "/events/"+public+"/cancel", p.admin, nil)
	p.must(200, "GET", "/events/"+public+"/seats", "", nil)
	require.Equal(t, "sale_closed", p.hold(token, public, "A-1-1").text("code"))
}

// faceless is an answer without what names its request.
func faceless(a *answer, id string) string {
	return fmt.Sprint(a.status, " ", a.text("code"), " ", a.text("title"), ": ", a.text("detail"), " ", strings.ReplaceAll(a.text("instance"), id, "ID"), " ",
		len(a.body), a.body["errors"])
}
