// Command bench measures assay beside its peers, in one run, on one machine.
//
// It makes (once, cached) the files of the cases, builds assay without cgo, and runs
// every contender as a process of its own, in turns A B A B, so that a busy machine
// disturbs all alike. Wall time, CPU seconds and peak memory are the kernel's figures
// for that process (wait4, VmHWM). Then it compares the answers with exact ones.
//
//	cd bench && go run .                        the cases of docs/benchmarks.md
//	go run . -case parquet -runs 3              one case
//	go run . -out ../docs/benchmarks.md         write the page
//	go run . -soak wide,cell,files,big          the memory budget under load
//
// Words: a case is a file and a question; a contender answers it; a peer is a
// contender that is not assay; truth is what exact SQL says.
//
// Start at main.go; case.go says what is generated, contender.go how each program is
// called, accuracy.go what an error is. bench is a module of its own because DuckDB
// needs cgo and 30 MB of library; nothing of it is in the product. It wants Linux.
//
// Not here: micro-benchmarks, which live beside the code they measure.
package main
