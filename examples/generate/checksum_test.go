package main

import "testing"

// Every example of standards.md section 5 for the four codes used here, none of them
// computed by this program.
func TestChecksumsAgreeWithPrintedExamples(t *testing.T) {
	for _, c := range []struct {
		name  string
		check func(string) byte
		codes []string
	}{
		{"GB 32100", usccCheck, []string{"91110000600037341L", "91350100M000100Y43", "91440300708461136T", "91330106673959654P"}},
		{"GB 11714", orgCheck, []string{"D2143569X", "600037341", "M000100Y4", "708461136", "673959654"}},
		{"GB 11643", residentCheck, []string{"11010519491231002X", "440524188001010014", "360426199101010071"}},
		{"Luhn", luhnCheck, []string{"4111111111111111", "6200000000000005", "378282246310005", "490154203237518", "354178036859789"}},
	} {
		for _, code := range c.codes {
			if got, want := c.check(code[:len(code)-1]), code[len(code)-1]; got != want {
				t.Errorf("%s of %s = %c, want %c", c.name, code, got, want)
			}
		}
	}
}

func TestWrongCheckIsWrong(t *testing.T) {
	if got := wrongCheck("11010519491231002X", "0123456789X"); got != "110105194912310020" {
		t.Errorf("got %s", got)
	}
}
