package assay

import "runtime/debug"

// release is the version that the next release will have.
const release = "0.1.0"

// Version names this build: the release, and the commit where the toolchain knows it.
func Version() string {
	v := "assay " + release
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return v + " (" + s.Value[:12] + ")"
		}
	}
	return v
}
