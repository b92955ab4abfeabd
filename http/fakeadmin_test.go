package http

import (
	"context"
	"slices"
	"strings"

	"github.com/eventra/eventra"
)

func (f *fakes) AuditEntries(_ context.Context, filter eventra.AuditFilter, _ eventra.Page) (found []eventra.AuditEntry, _ *eventra.Cursor, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.audited {
		if filter.Action == "" || filter.Action == e.Action {
			found = append(found, e)
		}
	}
	return found, nil, f.err
}

func (f *fakes) ListUsers(_ context.Context, filter eventra.UserFilter, p eventra.Page) (users []*eventra.User, next *eventra.Cursor, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range f.users {
		if strings.HasPrefix(u.Email, filter.Text) && (filter.Role == "" || u.Role == filter.Role) && (p.Cursor == nil || u.Email > p.Cursor.Text) {
			users = append(users, u)
		}
	}
	slices.SortFunc(users, func(a, b *eventra.User) int { return strings.Compare(a.Email, b.Email) })
	if len(users) > p.Limit {
		users = users[:p.Limit]
		next = &eventra.Cursor{Text: users[p.Limit-1].Email, ID: users[p.Limit-1].ID}
	}
	return users, next, f.err
}

func (f *fakes) Account(ctx context.Context, id eventra.ID) (*eventra.User, error) {
	return f.UserByID(ctx, id)
}

func (f *fakes) ChangeUser(ctx context.Context, change eventra.UserChange) (*eventra.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.actor = eventra.ActorOf(ctx)
	user := f.users[change.UserID]
	switch {
	case user == nil:
		return nil, notFound()
	case f.err != nil:
		return nil, f.err
	}
	user = change.Of(user)
	user.TokenVersion++
	f.users[user.ID] = user
	return user, nil
}

func (f *fakes) DeadMails(context.Context, eventra.Page) ([]eventra.DeadMail, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dead, nil, f.err
}

func (f *fakes) DeadMail(_ context.Context, ref eventra.MailRef) (*eventra.DeadMail, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.dead {
		if f.dead[i].Mail == ref {
			return &f.dead[i], f.err
		}
	}
	return nil, notFound()
}

func (f *fakes) RetryMail(_ context.Context, ref eventra.MailRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = slices.DeleteFunc(f.dead, func(m eventra.DeadMail) bool { return m.Mail == ref })
	return f.err
}
