package persistencetest

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// CustomerStore is what the suite needs of an implementation.
type CustomerStore interface {
	PutCustomer(ctx context.Context, c *eventra.ShopCustomer) (eventra.ID, error)
	CustomersByID(ctx context.Context, ids []eventra.ID) (map[eventra.ID]eventra.Customer, error)
	CreateUser(ctx context.Context, u *eventra.User) error
	EraseCustomer(ctx context.Context, id eventra.ID) error
}

// RunCustomerStore checks the contract of shops' customers.
func RunCustomerStore(t *testing.T, store CustomerStore) {
	t.Run("a customer is made once", func(t *testing.T) { oneCustomer(t, store) })
	t.Run("what is given replaces what was known", func(t *testing.T) { changedCustomer(t, store) })
	t.Run("customers of two shops differ", func(t *testing.T) { customersOfShops(t, store) })
	t.Run("two requests at once make one customer", func(t *testing.T) { racingCustomers(t, store) })
	t.Run("an erased customer is an id", func(t *testing.T) { erasedCustomer(t, store) })
	t.Run("users and shops' customers have one id space", func(t *testing.T) { bothKinds(t, store) })
}

func putCustomer(t *testing.T, store CustomerStore, shop, external, email, name string) eventra.ID {
	t.Helper()
	id, err := store.PutCustomer(t.Context(), &eventra.ShopCustomer{ID: NewID(), Shop: shop, ExternalID: external, Email: email, Name: name})
	require.NoError(t, err)
	return id
}

func requireCustomer(t *testing.T, store CustomerStore, want eventra.Customer) {
	t.Helper()
	found, err := store.CustomersByID(t.Context(), []eventra.ID{want.ID})
	require.NoError(t, err)
	require.Equal(t, map[eventra.ID]eventra.Customer{want.ID: want}, found)
}

func oneCustomer(t *testing.T, store CustomerStore) {
	shop := NewID().String()
	first := putCustomer(t, store, shop, "C-1", "", "")
	requireCustomer(t, store, eventra.Customer{ID: first, Kind: eventra.CustomerShop, ExternalID: "C-1"})
	require.Equal(t, first, putCustomer(t, store, shop, "C-1", "", ""))
	require.NotEqual(t, first, putCustomer(t, store, shop, "c-1", "", ""), "the shop's own spelling counts")
}

func changedCustomer(t *testing.T, store CustomerStore) {
	shop := NewID().String()
	id := putCustomer(t, store, shop, "C-1", "ada@example.com", "Ada")
	require.Equal(t, id, putCustomer(t, store, shop, "C-1", "", ""))
	requireCustomer(t, store, eventra.Customer{ID: id, Kind: eventra.CustomerShop, ExternalID: "C-1", Email: "ada@example.com", Name: "Ada"})
	require.Equal(t, id, putCustomer(t, store, shop, "C-1", "lovelace@example.com", ""))
	requireCustomer(t, store, eventra.Customer{ID: id, Kind: eventra.CustomerShop, ExternalID: "C-1", Email: "lovelace@example.com", Name: "Ada"})
}

func customersOfShops(t *testing.T, store CustomerStore) {
	first := putCustomer(t, store, NewID().String(), "C-1", "", "")
	require.NotEqual(t, first, putCustomer(t, store, NewID().String(), "C-1", "", ""))
}

func erasedCustomer(t *testing.T, store CustomerStore) {
	shop := NewID().String()
	id := putCustomer(t, store, shop, "C-1", "ada@example.com", "Ada")
	for range 2 {
		require.NoError(t, store.EraseCustomer(t.Context(), id), "repeating it is harmless")
		requireCustomer(t, store, eventra.Customer{ID: id, Kind: eventra.CustomerShop})
	}
	next := putCustomer(t, store, shop, "C-1", "", "")
	require.NotEqual(t, id, next)
	requireCustomer(t, store, eventra.Customer{ID: next, Kind: eventra.CustomerShop, ExternalID: "C-1"})
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(store.EraseCustomer(t.Context(), NewID())))
}

func racingCustomers(t *testing.T, store CustomerStore) {
	shop := NewID().String()
	const customers, requests = 5, 20
	var mu sync.Mutex
	made := map[int]map[eventra.ID]bool{}
	var all sync.WaitGroup
	for i := range customers * requests {
		all.Go(func() {
			n := i % customers
			c := &eventra.ShopCustomer{ID: NewID(), Shop: shop, ExternalID: strconv.Itoa(n), Email: strconv.Itoa(i) + "@example.com"}
			id, err := store.PutCustomer(t.Context(), c)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if made[n] == nil {
				made[n] = map[eventra.ID]bool{}
			}
			made[n][id] = true
		})
	}
	all.Wait()
	for n, ids := range made {
		require.Len(t, ids, 1, "customer %d", n)
	}
}

func bothKinds(t *testing.T, store CustomerStore) {
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	id := putCustomer(t, store, NewID().String(), "C-1", "", "Ada")
	found, err := store.CustomersByID(t.Context(), []eventra.ID{u.ID, id, NewID()})
	require.NoError(t, err)
	require.Equal(t, map[eventra.ID]eventra.Customer{
		u.ID: {ID: u.ID, Kind: eventra.CustomerUser, Email: u.Email, Name: u.Name},
		id:   {ID: id, Kind: eventra.CustomerShop, ExternalID: "C-1", Name: "Ada"},
	}, found)
}
