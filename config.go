package assay

import (
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"time"

	"assay/fault"
)

// Config is everything that can be set. The zero value works: records go to the
// user's data folder, a scan uses all cores and 512 MiB.
//
//	Home     folder of assay's records. "" = DefaultHome: $ASSAY_HOME, else the user's
//	         data folder. It is made when missing, readable by its owner only.
//	Account  name of the local account that acts, "" = the operating system's user.
//	Workers  goroutines of a scan, 0 = GOMAXPROCS. Never changes a result.
//	Memory   budget of a scan in bytes, 0 = 512 MiB. Changes how much is exact, and
//	         never by how much an estimate may be wrong without saying so.
//	Log      where the program writes what an operator needs; nil = nowhere.
//	Now      the clock; nil = the system's.
//	Entropy  randomness of ids and keys; nil = the system's.
//
// Environment: ASSAY_HOME. No other variable changes what assay does, and no secret
// is ever a value here: sources take references to secrets.
type Config struct {
	Home    string
	Account string
	Workers int
	Memory  int64
	Log     *slog.Logger
	Now     func() time.Time
	Entropy io.Reader
}

// DefaultHome is where records are kept when nothing else is said.
func DefaultHome() (string, error) {
	if h := os.Getenv("ASSAY_HOME"); h != "" {
		return h, nil
	}
	switch runtime.GOOS {
	case "windows":
		if d := os.Getenv("LocalAppData"); d != "" {
			return filepath.Join(d, "assay"), nil
		}
	case "darwin":
		if h, err := os.UserHomeDir(); err == nil {
			return filepath.Join(h, "Library", "Application Support", "assay"), nil
		}
	default:
		if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
			return filepath.Join(d, "assay"), nil
		}
		if h, err := os.UserHomeDir(); err == nil {
			return filepath.Join(h, ".local", "share", "assay"), nil
		}
	}
	return "", fault.New(fault.Unavailable, "assay.no_home")
}

func (c Config) withDefaults() (Config, error) {
	if c.Home == "" {
		home, err := DefaultHome()
		if err != nil {
			return c, err
		}
		c.Home = home
	}
	if c.Account == "" {
		c.Account = "local"
		if u, err := user.Current(); err == nil && u.Username != "" {
			c.Account = u.Username
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}
