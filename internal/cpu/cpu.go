// Package cpu tells how much processor time this process has used: a scan records
// it, because energy reports cannot be made afterwards.
package cpu
