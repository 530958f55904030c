//go:build !race

package report

// raceFactor is how much longer things may take under the race detector.
const raceFactor = 1
