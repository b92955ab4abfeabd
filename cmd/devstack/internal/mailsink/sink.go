// Package mailsink catches mails instead of delivering them: a mail server, a page to read them on, and an API for tests.
package mailsink

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/emersion/go-smtp"
)

// A Sink is a running mail catcher.
type Sink struct {
	smtp  *smtp.Server
	pages *http.Server
}

// Start accepts mails on one listener and shows them on the other. It keeps them in folder, or in memory if folder is empty.
func Start(smtpListener, pageListener net.Listener, folder string) (*Sink, error) {
	messages, err := openStore(folder)
	if err != nil {
		return nil, err
	}
	refusal := &refusal{}
	s := &Sink{
		smtp:  newServer(messages, refusal),
		pages: &http.Server{Handler: newHandler(messages, refusal), ReadHeaderTimeout: 10 * time.Second},
	}
	go func() { _ = s.smtp.Serve(smtpListener) }()
	go func() { _ = s.pages.Serve(pageListener) }()
	return s, nil
}

// Close finishes the running requests and stops.
func (s *Sink) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()

	smtpErr := s.smtp.Shutdown(ctx)
	if errors.Is(smtpErr, context.DeadlineExceeded) { // clients keep idle connections open
		smtpErr = s.smtp.Close()
	}
	return errors.Join(smtpErr, s.pages.Close())
}
