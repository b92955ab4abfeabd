package http

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

func (f *fakes) Register(ctx context.Context, u *eventra.User, mail *eventra.AccountMail) error {
	f.mu.Lock()
	known := f.users[u.ID] != nil
	f.mu.Unlock()
	if err := f.CreateUser(ctx, u); err != nil || known {
		return err
	}
	_, err := f.SendAccountMail(ctx, mail)
	return err
}

func (f *fakes) EmailVerified(_ context.Context, id eventra.ID) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.verifiedAsked++
	return f.users[id] != nil && f.users[id].Verified, f.err
}

func (f *fakes) SendAccountMail(_ context.Context, mail *eventra.AccountMail) (written bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := 0
	for _, other := range f.accountMails {
		if other.Kind == mail.Kind && other.Address == mail.Address {
			before++
		}
	}
	if f.err != nil || before == eventra.AccountMailsPerHour {
		return false, f.err
	}
	f.accountMails = append(f.accountMails, mail)
	return true, nil
}

func (f *fakes) VerifyEmail(_ context.Context, token [32]byte) (eventra.Verification, error) {
	u, err := f.useToken(token, true, func(u *eventra.User) { u.Verified = true })
	if err != nil {
		return eventra.Verification{}, err
	}
	return eventra.Verification{UserID: u.ID}, nil
}

func (f *fakes) ResetAddress(_ context.Context, token [32]byte) (email string, err error) {
	u, err := f.useToken(token, false, func(*eventra.User) {})
	if err != nil {
		return "", err
	}
	return u.Email, nil
}

func (f *fakes) ResetPassword(_ context.Context, reset eventra.PasswordReset) (userID eventra.ID, version int, err error) {
	u, err := f.useToken(reset.Token, true, func(u *eventra.User) { u.PasswordHash, u.Verified = reset.Hash, true })
	if err != nil {
		return userID, 0, err
	}
	return u.ID, 1, nil
}

func (f *fakes) RenameUser(_ context.Context, userID eventra.ID, name string) error {
	return f.changeUser(userID, func(u *eventra.User) { u.Name = name })
}

func (f *fakes) AskForAddress(ctx context.Context, change *eventra.AddressChange) error {
	for _, mail := range []*eventra.AccountMail{change.Told, &change.Mail} {
		if mail == nil {
			continue
		}
		if written, err := f.SendAccountMail(ctx, mail); err != nil || !written {
			return eventra.Errorf(eventra.CodeRateLimited, "too many mails")
		}
	}
	return nil
}

func (f *fakes) EraseUser(_ context.Context, erasure eventra.Erasure) (version int, err error) {
	return 1, f.changeUser(erasure.UserID, func(u *eventra.User) {
		u.Email, u.Name, u.PasswordHash, u.Disabled = "erased", "Erased", erasure.NoPassword, true
	})
}

func (f *fakes) ExportAccount(_ context.Context, userID eventra.ID, _ int) (*eventra.AccountExport, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users[userID] == nil {
		return nil, notFound()
	}
	export := &eventra.AccountExport{User: f.users[userID], Next: &eventra.Cursor{Time: time.Unix(1, 0)}}
	for _, b := range f.bookings {
		if b.UserID == userID {
			export.Bookings = append(export.Bookings, eventra.BookingRecord{Booking: b,
				Mails: []eventra.BookingMail{{MailRef: eventra.Tickets(b.ID), CreatedAt: time.Unix(1, 0), EndedAt: time.Unix(2, 0)}}})
		}
	}
	export.Mails = []eventra.SentAccountMail{{Kind: eventra.MailVerify, Address: f.users[userID].Email, CreatedAt: time.Unix(1, 0)}}
	return export, f.err
}

func (f *fakes) changeUser(id eventra.ID, change func(*eventra.User)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	changed := *f.users[id]
	change(&changed)
	f.users[id] = &changed
	return nil
}

// useToken changes the user to whom a mail with the token went.
func (f *fakes) useToken(token [32]byte, up bool, change func(*eventra.User)) (*eventra.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	for i, mail := range f.accountMails {
		for _, u := range f.users {
			if mail.Token.Hash != token || u.Email != mail.Address {
				continue
			}
			if up {
				f.accountMails = append(f.accountMails[:i:i], f.accountMails[i+1:]...)
			}
			changed := *u
			change(&changed)
			f.users[u.ID] = &changed
			return &changed, nil
		}
	}
	return nil, eventra.Errorf(eventra.CodeInvalidToken, "the link is good for nothing")
}
