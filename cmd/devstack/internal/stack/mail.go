package stack

import (
	"context"
	"fmt"
	"net"

	"github.com/eventra/eventra/cmd/devstack/internal/mailsink"
)

// mailURLKey is the variable by which tests find the mails.
const mailURLKey = "EVENTRA_DEV_MAIL_URL"

// startMail starts the mail catcher inside this process.
func startMail(_ context.Context, folder *Folder) (*service, error) {
	smtp, err := listen(folder.port("smtp"))
	if err != nil {
		return nil, err
	}
	page, err := listen(folder.port("mail page"))
	if err != nil {
		smtp.Close()
		return nil, err
	}
	folder.keepPort("smtp", smtp.Addr().(*net.TCPAddr).Port)
	folder.keepPort("mail page", page.Addr().(*net.TCPAddr).Port)

	kept := folder.sub("mail")
	if folder.Ephemeral {
		kept = "" // in memory
	}
	sink, err := mailsink.Start(smtp, page, kept)
	if err != nil {
		smtp.Close()
		page.Close()
		return nil, fmt.Errorf("start the mail catcher: %w", err)
	}
	return &service{
		name: "mail",
		env: []string{
			"EVENTRA_SMTP_URL=smtp://" + smtp.Addr().String(),
			mailURLKey + "=http://" + page.Addr().String(),
		},
		stop: func() { _ = sink.Close() },
	}, nil
}
