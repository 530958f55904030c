package main

import "testing"

func TestMeant(t *testing.T) {
	names := []string{"Orders", "book/Orders 2", "book/Sheet1", "other/Sheet1", "registers", "registers-2", "年报2023/年报"}
	for ref, want := range map[string]string{
		"orders":    "Orders",        // in any case, before the beginning of others
		"ord":       "Orders",        // the beginning
		"orders 2":  "book/Orders 2", // after the slash
		"年报2023":    "年报2023/年报",
		"年报":        "年报2023/年报", // the beginning, although it also follows a slash
		"registers": "registers", // itself, although another begins with it
		"regist":    "",          // two begin with it
		"sheet1":    "",          // two have it after the slash
		"heet1":     "",          // no part of a name stands for it
	} {
		got, ok := meant(ref, names)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("meant(%q) = %q, want %q", ref, got, want)
		}
	}
}
