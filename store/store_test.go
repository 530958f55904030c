package store_test

import (
	"testing"

	"assay/store"
	"assay/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t testing.TB, o store.Options) *store.Store {
		o.Home = t.TempDir() + "/主 目录?#%"
		return open(t, o)
	})
}

func open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("Open(%s): %v", o.Home, err)
	}
	return s
}
