package report

import (
	"os"
	"path/filepath"
	"testing"

	"assay/internal/message"
)

// TestLook writes the documents where ASSAY_REPORT_OUT says, for eyes.
func TestLook(t *testing.T) {
	dir := os.Getenv("ASSAY_REPORT_OUT")
	if dir == "" {
		t.Skip("ASSAY_REPORT_OUT names no folder: nothing is written to look at")
	}
	d := document(t)
	for _, lang := range []message.Lang{message.ZH, message.EN} {
		f, err := os.Create(filepath.Join(dir, string(lang)+".html"))
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteHTML(f, d, Options{Lang: lang}); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
