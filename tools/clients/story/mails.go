package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

type mail struct{ Subject, Text string }

const (
	mailWithin = 20 * time.Second
	mailPoll   = 50 * time.Millisecond
)

// waitForMail returns the newest mail to an address whose subject begins in this way.
func waitForMail(ctx context.Context, to, subject string) mail {
	ctx, cancel := context.WithTimeout(ctx, mailWithin)
	defer cancel()
	poll := time.NewTicker(mailPoll)
	defer poll.Stop()
	for {
		for _, m := range mailsTo(ctx, to) {
			if strings.HasPrefix(m.Subject, subject) {
				return m
			}
		}
		select {
		case <-ctx.Done():
			fail("no mail %q came to %s", subject, to)
		case <-poll.C:
		}
	}
}

func mailsTo(ctx context.Context, to string) (mails []mail) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("EVENTRA_DEV_MAIL_URL")+"/api/messages?to="+url.QueryEscape(to), nil)
	check(err == nil, "EVENTRA_DEV_MAIL_URL: %v", err)
	response, err := http.DefaultClient.Do(request)
	check(err == nil, "the mails: %v", err)
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&mails)
	check(err == nil, "the mails: %v", err)
	return mails
}

var tokenPattern = regexp.MustCompile(`token=([\w-]+)`)

// token returns the one-time token in a mail's link.
func (m mail) token() string {
	found := tokenPattern.FindStringSubmatch(m.Text)
	check(found != nil, "the mail %q has no link:\n%s", m.Subject, m.Text)
	return found[1]
}
