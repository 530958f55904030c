package main

import "syscall"

// systemLanguage asks Windows, where no environment variable names the language.
// The low ten bits of a language identifier are the primary language; 0x04 is Chinese
// (MS-LCID, section 2.2).
func systemLanguage() string {
	const chinese = 0x04
	id, _, _ := syscall.NewLazyDLL("kernel32.dll").NewProc("GetUserDefaultUILanguage").Call()
	if id&0x3ff == chinese {
		return "zh"
	}
	return ""
}
