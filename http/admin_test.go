package http

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestAdminUsers_AreListedAndChanged(t *testing.T) {
	ts := newTestServer(t)
	var emails []any
	path := "/api/v1/admin/users?limit=2"
	for cursor := ""; ; {
		list, _ := ts.ok(200, "GET", path+cursor, ts.adminToken, "")
		for _, item := range list["items"].([]any) {
			emails = append(emails, item.(map[string]any)["email"])
		}
		if list["nextCursor"] == nil {
			break
		}
		cursor = "&cursor=" + list["nextCursor"].(string)
		ts.problem(ts.send("GET", "/api/v1/admin/users?role=USER"+cursor, ts.adminToken, ""), 422, eventra.CodeValidationFailed)
	}
	require.Equal(t, []any{"admin@example.com", "other@example.com", "user@example.com"}, emails)
	ts.problem(ts.send("GET", "/api/v1/admin/users?role=ROOT", ts.adminToken, ""), 422, eventra.CodeValidationFailed)

	user := "/api/v1/admin/users/" + ts.user.ID.String()
	found, a := ts.ok(200, "GET", user, ts.adminToken, "")
	require.Equal(t, false, found["disabled"])
	require.NotContains(t, a.body, "assword")
	ts.ok(200, "GET", "/api/v1/auth/me", ts.userToken, "")
	for _, wrong := range []string{`{"role":"ROOT"}`, `{"role":""}`} {
		ts.problem(ts.send("PATCH", user, ts.adminToken, wrong), 422, eventra.CodeValidationFailed)
	}
	ts.problem(ts.send("PATCH", user, ts.adminToken, `{"email":"x@example.com"}`), 400, eventra.CodeMalformedBody)
	changed, _ := ts.ok(200, "PATCH", user, ts.adminToken, `{"disabled":true}`)
	require.Equal(t, true, changed["disabled"])
	require.Equal(t, ts.admin.ID, ts.fakes.actor.ID)
	ts.problem(ts.send("GET", "/api/v1/auth/me", ts.userToken, ""), 401, eventra.CodeUnauthenticated)
	ts.problem(ts.send("PATCH", "/api/v1/admin/users/"+newID().String(), ts.adminToken, `{}`), 404, eventra.CodeNotFound)
	ts.fakes.fail(eventra.Errorf(eventra.CodeLastAdmin, "nobody else"))
	ts.problem(ts.send("PATCH", "/api/v1/admin/users/"+ts.admin.ID.String(), ts.adminToken, `{"role":"USER"}`), 409, eventra.CodeLastAdmin)
}

func TestAdminAudit_ShowsEntries(t *testing.T) {
	ts := newTestServer(t)
	by := eventra.Actor{ID: ts.admin.ID, Kind: eventra.ActorUser, Address: "192.0.2.7", RequestID: "r"}
	event, err := eventra.ParseID(ts.published)
	require.NoError(t, err)
	entry := by.AboutEvent(newID(), eventra.AuditEventUpdate, event, nil, eventra.Facts{"title": "A show"})
	entry.At = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)
	ts.fakes.audited = append(ts.fakes.audited, entry, eventra.Actor{Kind: eventra.ActorCommand}.AboutMail(eventra.AuditMailRetry, eventra.Tickets(newID()), nil))
	_, a := ts.ok(200, "GET", "/api/v1/admin/audit?action=event.update&actor="+ts.admin.ID.String(), ts.adminToken, "")
	var list struct{ Items []json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(a.body), &list))
	require.Len(t, list.Items, 1)
	require.JSONEq(t, `{"id": "`+entry.ID.String()+`", "at": "2027-05-01T12:00:00.000Z", "actor": {"kind": "user", "id": "`+ts.admin.ID.String()+`"},
		"action": "event.update", "subject": {"kind": "event", "id": "`+ts.published+`"}, "eventId": "`+ts.published+`", "address": "192.0.2.7",
		"requestId": "r", "after": {"title": "A show"}}`, string(list.Items[0]))
	commands, _ := ts.ok(200, "GET", "/api/v1/admin/audit?action=mail.retry&actor=command", ts.adminToken, "")
	require.Equal(t, map[string]any{"kind": "command"}, commands["items"].([]any)[0].(map[string]any)["actor"])
	for _, wrong := range []string{"actor=user", "actor=x", "from=x", "to=yesterday", "limit=0", "cursor=x", "subject=%00"} {
		ts.problem(ts.send("GET", "/api/v1/admin/audit?"+wrong, ts.adminToken, ""), 422, eventra.CodeValidationFailed)
	}
}

func TestAdminMails_AreRetried(t *testing.T) {
	ts := newTestServer(t)
	ref := eventra.MailRef{Kind: eventra.MailCancelled, BookingID: newID(), About: newID()}
	ts.fakes.dead = []eventra.DeadMail{{Mail: ref, Error: "550 no such mailbox", Tries: 26, FailedAt: time.Now()}}
	list, _ := ts.ok(200, "GET", "/api/v1/admin/mails?status=dead", ts.adminToken, "")
	mail := list["items"].([]any)[0].(map[string]any)
	require.Equal(t, ref.BookingID.String(), mail["bookingId"])
	require.Equal(t, "dead", mail["status"])
	path := "/api/v1/admin/mails/" + mail["id"].(string) + "/retry"
	ts.ok(202, "POST", path, ts.adminToken, "")
	ts.problem(ts.send("POST", path, ts.adminToken, ""), 404, eventra.CodeNotFound)
	require.Len(t, ts.fakes.audited, 1)
	require.Equal(t, ref.String(), ts.fakes.audited[0].Subject)
	require.Equal(t, ts.admin.ID, ts.fakes.audited[0].Actor.ID)
	ts.problem(ts.send("GET", "/api/v1/admin/mails?status=sent", ts.adminToken, ""), 422, eventra.CodeValidationFailed)
}
