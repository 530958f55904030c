# Three tiers: `make check` before every commit (≤ 5 min), `bash .ci/run` on every push
# (≤ 15 min), `make soak` before an issue is called resolved. Only Go is needed for
# check; race wants gcc, bench and soak want g++.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
GO ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64
FUZZTIME ?= 5s
# Every Go file that is ours: test data and hidden folders are not.
GOFILES = find . -name '*.go' -not -path '*/testdata/*' -not -path './.*'

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

.PHONY: check
check: format vet build test ## everything a change needs before it is committed

.PHONY: format
format: ## fail on files that gofmt would change
	@bad=$$($(GOFILES) -print0 | xargs -0 gofmt -l); \
	if [ -n "$$bad" ]; then echo "gofmt would change:"; echo "$$bad"; exit 1; fi

.PHONY: vet
vet: ## go vet
	$(GO) vet ./...

.PHONY: build
build: ## build everything without cgo
	CGO_ENABLED=0 $(GO) build ./...

.PHONY: test
test: ## go test
	$(GO) test ./...

.PHONY: race
race: ## tests with the race detector, in random order (needs gcc)
	CGO_ENABLED=1 $(GO) test -race -shuffle=on ./...

.PHONY: lint
lint: ## staticcheck, at a fixed version
	$(GO) run $(STATICCHECK) ./...
	cd bench && $(GO) run $(STATICCHECK) ./...

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (5s)
	FUZZTIME=$(FUZZTIME) bash .ci/fuzz

.PHONY: cross
cross: ## build the binary for every platform we promise, without cgo
	@for p in $(PLATFORMS); do \
		echo "build $$p"; \
		GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/assay; \
		GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) vet ./store ./source/file ./internal/cpu ./cmd/assay; \
	done

.PHONY: examples
examples: ## write examples/ again from its generator and show what changed
	$(GO) run ./examples/generate
	git status --short examples

.PHONY: bench-check
bench-check: ## vet and test the benchmark module (needs g++; downloads DuckDB's library, 30 MB)
	cd bench && $(GO) vet ./... && $(GO) test ./...

.PHONY: bench
bench: ## measure assay and its peers, and write docs/benchmarks.md (about 5 minutes)
	cd bench && $(GO) run . -out ../docs/benchmarks.md

.PHONY: soak
soak: bench-check ## the memory budget on huge, wide and many inputs, then the benchmarks (about an hour, 13 GB of disk)
	cd bench && $(GO) run . -soak wide,cell,files,big
	$(MAKE) fuzz FUZZTIME=60s
	$(GO) test -count=20 ./store/... ./internal/...
	$(MAKE) bench
