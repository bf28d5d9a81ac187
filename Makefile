# What each target does is in the script it calls. "make help" lists them.

SHELL := bash
.DEFAULT_GOAL := help

# Overridable: make fuzz FUZZTIME=10m FUZZ=Header
FUZZTIME ?= 3m
FUZZ ?=
BENCH ?= .
COUNT ?= 1
PKG ?= ./engine/... ./netcode/... ./server ./client
OLD ?= old.out
NEW ?= bench.out

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## play Arena against 8 bots over a bad link (DEMO_SECONDS=15 stops by itself, DEMO_HEADLESS=1 opens no window)
	@exec bash scripts/demo.sh

.PHONY: test
test: ## install what the tests need and run all of them: format, vet, staticcheck, layers, race, soaks, fuzz smoke
	@exec bash scripts/test.sh

.PHONY: build
build: ## build bin/arenad, bin/netsim, bin/netbench, bin/arenabot and bin/arena
	@exec bash scripts/build.sh

.PHONY: lint
lint: ## the checks of "make test" that run nothing
	@exec bash scripts/lint.sh

.PHONY: fmt
fmt: ## format every Go file with gofumpt
	@go tool -modfile=tools.mod gofumpt -w .

.PHONY: cross
cross: ## build for every promised system without cgo
	@exec bash scripts/cross.sh

.PHONY: same
same: ## a seed is the same run on amd64, 386, js/wasm and arm64 (a short form is in "make test")
	@exec bash scripts/same.sh

.PHONY: soak
soak: ## the long virtual-time tests at full length, printing what they see
	@RECKON_LONG=1 go test -count=1 -v -timeout 120m -run '^TestSoak' ./...

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (3m); FUZZ=Header for those whose name matches
	@FUZZTIME=$(FUZZTIME) FUZZ=$(FUZZ) exec bash scripts/fuzz.sh

.PHONY: bench
bench: ## benchmarks of the hot paths into bench.out; COUNT=10 for benchstat, BENCH=Snapshot for those that match
	@set -o pipefail; go test -run '^$$' -bench '$(BENCH)' -benchmem -count=$(COUNT) $(PKG) | tee bench.out

.PHONY: benchstat
benchstat: ## compare two bench.out files: make benchstat OLD=old.out NEW=bench.out
	@go tool -modfile=tools.mod benchstat $(OLD) $(NEW)

.PHONY: netbench
netbench: ## what the transport takes and gives: all tables of cmd/netbench
	@exec bash scripts/netbench.sh

.PHONY: compare
compare: ## the README's plot, measured anew: ours beside this kernel's TCP on one bad line (Linux, five minutes)
	@bash scripts/build.sh netsim && exec bin/netsim compare --svg docs/images/compare.svg

.PHONY: vuln
vuln: ## known vulnerabilities in what the programs call (needs the network; nightly, not in "make test")
	@bash scripts/packages.sh | xargs go tool -modfile=tools.mod govulncheck

.PHONY: screenshot
screenshot: ## the README's picture, taken anew from a real match
	@exec bash scripts/screenshot.sh

.PHONY: clean
clean: ## remove what the targets above have built
	@rm -rf bin dist coverage.out bench.out
