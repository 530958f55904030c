//go:build race

package assay_test

// raceDetector says that memory and time are not what they are without it.
const raceDetector = true
