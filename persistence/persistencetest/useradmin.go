package persistencetest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// UserAdminStore is what the suite of administrators' work on accounts needs.
type UserAdminStore interface {
	CreateUser(ctx context.Context, u *eventra.User) error
	UserByID(ctx context.Context, id eventra.ID) (*eventra.User, error)
	ListUsers(ctx context.Context, f eventra.UserFilter, p eventra.Page) ([]*eventra.User, *eventra.Cursor, error)
	ChangeUser(ctx context.Context, change eventra.UserChange) (*eventra.User, error)
	AuditEntries(ctx context.Context, f eventra.AuditFilter, p eventra.Page) ([]eventra.AuditEntry, *eventra.Cursor, error)
}

// RunUserAdmin checks what administrators see and change of accounts. The store must be this test's alone.
func RunUserAdmin(t *testing.T, store UserAdminStore) {
	var all []*eventra.User
	for _, u := range []struct {
		email, name string
		role        eventra.Role
	}{{"ada@example.org", "Zoe", eventra.RoleUser}, {"bob@example.org", "Adam", eventra.RoleAdmin}, {"carl@example.org", "adA Lovelace", eventra.RoleUser},
		{"dora@example.org", "Ada", eventra.RoleUser}, {"eve@example.org", "Eve", eventra.RoleAdmin}} {
		user := NewUser()
		user.Email, user.Name, user.Role = u.email, u.name, u.role
		require.NoError(t, store.CreateUser(t.Context(), user))
		all = append(all, user)
	}
	for name, c := range map[string]struct {
		filter eventra.UserFilter
		want   []string
	}{
		"all":                    {eventra.UserFilter{}, []string{"ada", "bob", "carl", "dora", "eve"}},
		"administrators":         {eventra.UserFilter{Role: eventra.RoleAdmin}, []string{"bob", "eve"}},
		"by address and by name": {eventra.UserFilter{Text: "ADA"}, []string{"ada", "dora", "carl", "bob"}},
		"users of a name":        {eventra.UserFilter{Text: "ada", Role: eventra.RoleUser}, []string{"ada", "dora", "carl"}},
		"an address alone":       {eventra.UserFilter{Text: "eve@"}, []string{"eve"}},
		"a wildcard":             {eventra.UserFilter{Text: "%"}, nil},
	} {
		for _, limit := range []int{1, 2, 100} {
			var got []string
			page := eventra.Page{Limit: limit}
			for more := true; more; more = page.Cursor != nil {
				users, next, err := store.ListUsers(t.Context(), c.filter, page)
				require.NoError(t, err)
				require.True(t, next == nil || len(users) == limit, "a page is full unless it is the last")
				for _, u := range users {
					got = append(got, u.Email[:len(u.Email)-len("@example.org")])
				}
				page.Cursor = next
			}
			require.Equal(t, c.want, got, "%s, %d on a page", name, limit)
		}
	}
	changedUsers(t, store, all[0], all[1], all[4])
}

func changedUsers(t *testing.T, store UserAdminStore, user, bob, eve *eventra.User) {
	actor := NewActor()
	ctx := eventra.WithActor(t.Context(), actor)
	yes, no := true, false
	for range 2 {
		changed, err := store.ChangeUser(ctx, eventra.UserChange{UserID: user.ID, Disabled: &yes})
		require.NoError(t, err)
		require.True(t, changed.Disabled)
		require.Equal(t, user.TokenVersion+1, changed.TokenVersion, "what was granted before has ended, once")
	}
	changed, err := store.ChangeUser(ctx, eventra.UserChange{UserID: user.ID, Role: eventra.RoleAdmin, Disabled: &no})
	require.NoError(t, err)
	require.True(t, changed.Administers())
	stored, err := store.UserByID(t.Context(), user.ID)
	require.NoError(t, err)
	require.Equal(t, changed, stored)
	done, _, err := store.AuditEntries(t.Context(), eventra.AuditFilter{Actor: actor.ID.String()}, eventra.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, done, 2)
	require.JSONEq(t, `{"role": "USER", "disabled": true}`, string(done[0].Before))
	require.JSONEq(t, `{"disabled": true}`, string(done[1].After))
	_, err = store.ChangeUser(ctx, eventra.UserChange{UserID: NewID(), Disabled: &yes})
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	_, err = store.ChangeUser(ctx, eventra.UserChange{UserID: user.ID, Role: eventra.RoleUser})
	require.NoError(t, err)

	var racing sync.WaitGroup
	refused := make(chan error, 2)
	for _, id := range []eventra.ID{bob.ID, eve.ID} {
		racing.Go(func() {
			_, err := store.ChangeUser(ctx, eventra.UserChange{UserID: id, Disabled: &yes})
			refused <- err
		})
	}
	racing.Wait()
	codes := []eventra.Code{eventra.CodeOf(<-refused), eventra.CodeOf(<-refused)}
	require.ElementsMatch(t, []eventra.Code{"", eventra.CodeLastAdmin}, codes, "one administrator stays")
}
