# make without a target prints what there is. Everything needs Go; tools come from internal/tools, in the versions that its
# go.mod pins. Race detection and the comparison with liburing need a C compiler besides, and liburing itself: make deps installs
# them where apt is the package manager. Firmware needs TinyGo, LLVM and QEMU: make toolchain builds and installs them.

SHELL := bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

# Seeds of the sweep, as simrun takes them. They are fixed, so that a red build is red again.
SEEDS ?= 0-199
# Time for one run of one benchmark, and the number of runs.
BENCHTIME ?= 100ms
BENCHCOUNT ?= 10
# What the race detector runs on: all but mutants, documents, examples and what runs in emulators, which are other programs and take
# long enough without it.
RACED = $(shell go list ./... | grep -vE '/internal/mutants|/internal/guides|/internal/firmware|/bench/cortexm|/examples')
# Our own Go files: hidden folders hold what was built.
SOURCES = $(shell find . -name '.?*' -prune -o -name '*.go' -print)
# Packages whose tests know -rewrite, by their folders.
GOLDEN = $(sort $(dir $(shell grep -lE 'datadriven"$$|flag.Bool."rewrite"' $(filter %_test.go,$(SOURCES)))))

# Time for the soak test.
SOAK ?= 60s
# Drawn programs per primitive of make models, and the seed that they are drawn from: 0 is another one each time.
CASES ?= 10000
MODELSEED ?= 1
# What make bench-peers passes on: -rounds 3 -time 0.3s -only echo,nop for a quick look.
PEERS ?=
GIOURING = -tags giouring -ldflags=-checklinkname=0

.PHONY: help deps toolchain test unit race sweep ring silicon test-giouring soak mutants models bench bench-peers bench-cortexm inject lint fmt golden clean bin/simrun

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s  %s\n", $$1, $$2 }' Makefile

deps: ## install what the tests against the kernel compare with (Debian and Ubuntu, as root)
	@if cc --version >/dev/null 2>&1 && echo '#include <liburing.h>' | cc -E - >/dev/null 2>&1; then exit 0; \
	elif ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ]; then \
		echo "deps: install a C compiler and the headers of liburing (liburing-dev, liburing-devel)"; exit 1; \
	else apt-get update -q && apt-get install -qy gcc libc6-dev liburing-dev; fi

toolchain: ## build what compiles and runs the Cortex-M firmware into .toolchain (installs packages as root on Debian and Ubuntu)
	@internal/tools/toolchain.sh

test: toolchain lint sweep ring silicon models race test-giouring unit ## run everything that must pass before a commit

unit: ## run all tests once
	@set -o pipefail; echo go test ./...; go test ./... | sed '/\[no test files\]$$/d'

race: ## run all tests but the mutants and what runs in emulators with the race detector
	@if [ "$$(go env CGO_ENABLED)" != 1 ]; then \
		echo "race: left out, the race detector needs a C compiler: install gcc or clang"; \
		[[ ,$$TRIPOINT_REQUIRE, != *,race,* ]]; \
	else \
		echo go test -race ./...; go test -race $(RACED) | sed '/\[no test files\]$$/d'; exit "$${PIPESTATUS[0]}"; \
	fi

sweep: bin/simrun ## run the fixed seeds of every scenario in the simulator (SEEDS=0-199)
	bin/simrun -seeds $(SEEDS)

ring: bin/simrun ## run every scenario that fits on the real kernel's io_uring
	bin/simrun -backend uring

silicon: toolchain bin/simrun ## run every portable scenario on the emulated boards
	bin/simrun -backend cortexm -board all

test-giouring: ## run the suites of the ring on the second driver, github.com/pawelgaczynski/giouring
	go vet -tags giouring ./backend/uring
	go test $(GIOURING) ./backend/uring ./sched/... ./aio ./internal/explore/live .

soak: bin/simrun ## run the scenarios on the real kernel with 1, 2 and 8 workers, looking for leaks, then with the race detector (SOAK=60s)
	bin/simrun -backend uring -for $(SOAK)
	go build -race -o bin/simrun-race ./cmd/simrun
	bin/simrun-race -backend uring -for $(SOAK)

mutants: ## break the code in every known way and print which invariant notices
	go test ./internal/mutants -count=1 -timeout 1h -run TestMutants -v -mutants.table

models: ## compare every primitive with its naive model in many drawn programs (CASES=10000 MODELSEED=1)
	go test ./sched/... ./service -count=1 -run '^TestModel' -rapid.checks=$(CASES) -rapid.seed=$(MODELSEED)

inject: toolchain ## interrupt the critical windows of the firmware at every instruction, and mutants of them, which must fail
	go run ./internal/firmware/sweep

bench: bin/benchstat ## run all benchmarks in turn, BENCHCOUNT=10 times, and print medians and ratios
	go test -c -o bin/bench.test ./internal/bench
	@rm -f bin/bench.txt
	set -e -o pipefail; for i in $$(seq $(BENCHCOUNT)); do \
		bin/bench.test -test.run '^$$' -test.bench . -test.benchtime $(BENCHTIME) | tee -a bin/bench.txt; \
	done
	bin/benchstat -col /impl -filter '.unit:(cpu-sec/op OR cpu-ns/op OR steps/s OR runs/s OR events/s OR virtual-ns/s OR allocs/op)' bin/bench.txt

bench-peers: ## compare with net, fio, goroutines, liburing and runtimes of Rust (PEERS="-rounds 3 -only echo")
	go run ./bench/linux $(PEERS)

bench-cortexm: toolchain ## count the instructions of a wake on the boards, beside the same in C
	go run ./bench/cortexm/report

lint: bin/staticcheck ## check policy, formatting, go.mod, vet for three systems, and staticcheck
	go test ./internal/policy
	@files=$$(gofmt -l $(SOURCES)); if [ -n "$$files" ]; then echo "not formatted (make fmt):" $$files; exit 1; fi
	go mod tidy -diff
	GOOS=linux go vet ./...
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...
	bin/staticcheck ./...

fmt: ## format all Go files
	gofmt -l -w $(SOURCES)

golden: ## record the golden files anew: review the difference like code
	@[ -n "$(GOLDEN)" ] || { echo "golden: no package has golden files"; exit 1; }
	go test -count=1 $(GOLDEN) -rewrite

clean: ## remove what was built, but for the toolchain (rm -r .toolchain)
	rm -rf bin

# The go command knows better than make whether it must build.
bin/simrun:
	@go build -o bin/simrun ./cmd/simrun

bin/staticcheck: internal/tools/go.mod internal/tools/go.sum
	go -C internal/tools build -o ../../bin/ honnef.co/go/tools/cmd/staticcheck
	@touch $@

bin/benchstat: internal/tools/go.mod internal/tools/go.sum
	go -C internal/tools build -o ../../bin/ golang.org/x/perf/cmd/benchstat
	@touch $@
