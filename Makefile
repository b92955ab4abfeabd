# Everything that a developer or the CI does. `make help` lists it.

SHELL := bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ADDR     ?= 127.0.0.1:8080
DATA     ?= .devstack
PKG      ?= ./...
RUN      ?= .
BENCH    ?= .
FUZZTIME ?= 30s
REPEAT   ?= 1
SCRIPT   ?= onsale
# For `make faults`: the first seed (empty: any), the number of seeds, and the minutes of faults for each.
FAULTS_SEED    ?=
FAULTS_SEEDS   ?= 1
FAULTS_MINUTES ?= 3
DEMO_RATE      ?= 100
SOAK_MINUTES   ?= 30
CONTRACT_REPEAT ?= 8
# Packages tested at a time. On two cores, several at a time wait for each other, longer than the limits under test.
TEST_PACKAGES ?= 1

# Tests of protoactor's remoting, which has data races of its own, run without the detector, too.
UNRACED := ./actors/...

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# Says in one line what runs, and for how long.
STEP    := scripts/step
# With the same flags everywhere what programs have in common is compiled once. A compiler that collects its garbage less often
# is a fifth faster; the limit keeps it below what small machines have.
BUILD   := env CGO_ENABLED=0 GOGC=400 GOMEMLIMIT=1500MiB go build
FLAGS    = -trimpath -ldflags '-s -w $(1)'
# Installs what is missing while the programs are built, one after the other: two builds at a time would both compile what the
# programs have in common.
PREPARE  = @scripts/deps go && $(MAKE) -j2 deps programs PROGRAMS='build bin/devstack $(1)'
TOOL    := go tool -modfile=$(CURDIR)/tools/go.mod
# A module of its own: what golangci-lint needs would decide the versions of the other tools.
LINT    := go tool -modfile=$(CURDIR)/tools/lint/go.mod golangci-lint

# Each of these folders is a Go module. All but the product's keep their own requirements out of it; the reference server is
# measured as a separate program and requires nothing of the bench.
MODULES := . cmd/devstack tools tools/kubernetes test loadtest loadtest/reference

EACH_MODULE = @set -e; for module in $(MODULES); do (cd $$module && $(1)); done

##@ Every day

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nVariables: ADDR=%s DATA=%s PKG=%s RUN=%s BENCH=%s FUZZTIME=%s REPEAT=%s BENCH_ARGS=%s SCRIPT=%s\n           FAULTS_SEED=%s FAULTS_SEEDS=%s FAULTS_MINUTES=%s SOAK_MINUTES=%s DEMO_RATE=%s\n' \
		'$(ADDR)' '$(DATA)' '$(PKG)' '$(RUN)' '$(BENCH)' '$(FUZZTIME)' '$(REPEAT)' '$(BENCH_ARGS)' '$(SCRIPT)' \
		'$(FAULTS_SEED)' '$(FAULTS_SEEDS)' '$(FAULTS_MINUTES)' '$(SOAK_MINUTES)' '$(DEMO_RATE)'

.PHONY: run
run: ## Run Eventra on a private stack and keep its data (ADDR, DATA)
	$(PREPARE)
	@bin/devstack run --data $(DATA) --addr $(ADDR) -- bin/eventra

.PHONY: reset
reset: bin/devstack ## Delete the data of run
	@bin/devstack reset --data $(DATA)

.PHONY: test
test: deps-race build bin/devstack bin/testgate ## Run all tests on real servers, under the race detector, none skipped
	@# One package at a time is also compiled at a time: so all are compiled before.
	@$(STEP) -q 'Compiling the tests' go list -race -deps -test -export ./...
	@bin/devstack exec --volatile -- bin/testgate -race -shuffle=on -count=1 -timeout=10m -p $(TEST_PACKAGES) ./...
	@bin/devstack exec --volatile -- bin/testgate -shuffle=on -count=1 -timeout=5m $(UNRACED)
	@bin/devstack exec --volatile -- bin/testgate -count=1 -timeout=5m -run '^TestContract$$' ./cmd/eventra
	@cd cmd/devstack && ../../bin/testgate -race -shuffle=on -count=1 -timeout=5m ./...
	@for module in tools loadtest; do (cd $$module && ../bin/testgate -race -shuffle=on -count=1 -timeout=1m ./...) || exit 1; done
	@cd test && ../bin/devstack exec --volatile -- ../bin/testgate -race -shuffle=on -count=1 -timeout=5m ./...
	@cd loadtest/reference && ../../bin/testgate -race -shuffle=on -count=1 -timeout=1m ./...

.PHONY: test-one
test-one: deps-race bin/devstack ## Run some tests and show their output (PKG, RUN)
	@bin/devstack exec -- go test -race -shuffle=on -count=1 -timeout=10m -v -run '$(RUN)' $(PKG)

.PHONY: bench
bench: deps bin/devstack ## Run the benchmarks (PKG, BENCH)
	@bin/devstack exec -- go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)

.PHONY: fuzz
fuzz: deps bin/devstack ## Fuzz each target in turn, each for FUZZTIME
	@set -e; grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed 's/:func / /' | while read -r file target; do \
		printf '\n%s in %s\n' "$$target" "$$(dirname "$$file")"; \
		bin/devstack exec -- go test -C "$$(dirname "$$file")" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) . </dev/null; \
	done

# The seed and a failing case are printed; EVENTRA_CONTRACT_SEED and EVENTRA_CONTRACT_ONLY repeat them.
.PHONY: fuzz-contract
fuzz-contract: deps bin/devstack ## Send 100,000 generated requests, and judge the answers by docs/openapi.json (CONTRACT_REPEAT)
	@bin/devstack exec --volatile -- go test -count=$(CONTRACT_REPEAT) -timeout=60m -v -run '^TestContract$$' ./cmd/eventra

.PHONY: bench-http
bench-http: deps build bin/devstack bin/bench-http bin/reference ## Measure the program on this machine: see loadtest/README.md (BENCH_ARGS)
	@scripts/deps wrk
	@bin/devstack exec $(if $(findstring standby,$(BENCH_ARGS)),--standby) -- bin/bench-http $(BENCH_ARGS)

.PHONY: soak
soak: deps build bin/devstack bin/bench-http ## Use everything for a long time at half of the peak, and check that nothing grows (SOAK_MINUTES)
	@scripts/deps wrk
	@bin/devstack exec -- bin/bench-http -run soak -c 128 -for $(SOAK_MINUTES)m

.PHONY: load
load: deps build bin/devstack ## Run a script of loadtest/k6, then check the database (SCRIPT)
	@bin/devstack exec -- loadtest/k6/run $(SCRIPT)

.PHONY: test-cluster
test-cluster: deps build bin/devstack bin/clustertest bin/eventra-next ## Run a cluster, and take instances, stores and network paths away (RUN, REPEAT, BEFORE)
	-@scripts/deps netns
	@bin/devstack exec -- bin/clustertest -run '$(RUN)' -repeat $(REPEAT) $(if $(BEFORE),-before $(BEFORE))

.PHONY: demo
demo: ## Sell a house on three instances, and show it live (ADDR, DEMO_RATE holds a second)
	$(call PREPARE,bin/demo)
	@bin/devstack exec --volatile -- bin/demo -addr $(ADDR) -rate $(DEMO_RATE)

.PHONY: faults
faults: deps build bin/devstack bin/faults ## Inject faults into a cluster, and check what buyers were told (FAULTS_SEED, FAULTS_SEEDS, FAULTS_MINUTES)
	-@scripts/deps netns
	@bin/devstack exec -- bin/faults $(if $(FAULTS_SEED),-seed $(FAULTS_SEED)) -seeds $(FAULTS_SEEDS) -minutes $(FAULTS_MINUTES)

.PHONY: drill
drill: deps build bin/devstack bin/drills ## Play nights that operators fear: see docs/runbooks (RUN, REPEAT; RUN=^failover for one)
	@scripts/deps drills
	@bin/devstack exec -- bin/drills -run '$(RUN)' -repeat $(REPEAT)

.PHONY: mutations
mutations: deps bin/devstack ## Compile in one deliberate bug at a time, and check that a test finds it
	@bin/devstack exec --volatile -- go test -tags mutations -count=1 -timeout=20m -v -run Mutations ./actors

##@ Build

.PHONY: build
build: ## Build bin/eventra
	@$(STEP) 'Building Eventra' $(BUILD) $(call FLAGS,-X main.version=$(VERSION)) -o bin/eventra ./cmd/eventra

.PHONY: certs
certs: build ## Make certificates for a cluster on this machine in .certs, unless they are there
	@bin/eventra certs .certs

# The next version, in the eyes of other members: it knows one more kind of message.
.PHONY: bin/eventra-next
bin/eventra-next:
	@$(STEP) 'Building $@' $(BUILD) $(call FLAGS,-X main.version=$(VERSION)-next) -o $@ ./cmd/nextversion

.PHONY: docker-build
docker-build: ## Build the container image eventra:latest
	docker build --build-arg VERSION=$(VERSION) --tag eventra:$(VERSION) --tag eventra:latest .

.PHONY: compose-up
compose-up: ## Run Eventra and its stores in containers
	scripts/env && docker compose up --build

.PHONY: clean
clean: ## Delete what was built; the data of run stays (see reset)
	rm -rf bin

.PHONY: programs
programs:
	@set -e; for program in $(PROGRAMS); do $(MAKE) $$program; done

# Go knows better than make what is out of date.
.PHONY: bin/devstack bin/testgate bin/clustertest bin/drills bin/faults bin/demo bin/members bin/observability bin/bench-http bin/reference
bin/devstack:
	@$(STEP) 'Building the development stack' $(BUILD) -C cmd/devstack $(FLAGS) -o ../../$@ .
bin/testgate:
	@$(STEP) 'Building $@' $(BUILD) -C tools $(FLAGS) -o ../$@ ./testgate
bin/clustertest:
	@$(STEP) 'Building $@' $(BUILD) -C test $(FLAGS) -o ../$@ ./cluster
bin/drills:
	@$(STEP) 'Building $@' $(BUILD) -C test $(FLAGS) -o ../$@ ./drills
bin/faults:
	@$(STEP) 'Building $@' $(BUILD) -C test $(FLAGS) -o ../$@ ./faults
bin/demo:
	@$(STEP) 'Building $@' $(BUILD) -C test $(FLAGS) -o ../$@ ./demo
bin/members:
	@$(STEP) 'Building $@' $(BUILD) -C test $(FLAGS) -o ../$@ ./members
bin/observability:
	@$(STEP) 'Building $@' $(BUILD) -C test $(FLAGS) -o ../$@ ./observability
bin/bench-http:
	@$(STEP) 'Building $@' $(BUILD) -C loadtest $(FLAGS) -o ../$@ ./bench
bin/reference:
	@$(STEP) 'Building $@' $(BUILD) -C loadtest/reference $(FLAGS) -o ../../$@ .

##@ Before a commit

.PHONY: check
check: fmt-check lint generate-check check-kubernetes test check-observability ## Do all that the CI does, but for what needs Node.js

.PHONY: fmt
fmt: ## Format the code
	@gofmt -l -w .

.PHONY: fmt-check
fmt-check: ## Fail if a file is not formatted
	@files=$$(gofmt -l .); test -z "$$files" || { printf 'Not formatted, `make fmt` helps:\n%s\n' "$$files"; exit 1; }

.PHONY: vet
vet: ## Run go vet
	$(call EACH_MODULE,go vet ./...)

.PHONY: lint
lint: ## Run golangci-lint, with the import rules of .golangci.yml
	$(call EACH_MODULE,$(LINT) run --allow-parallel-runners ./...)

# Of the program itself: what its build took in, not what go.mod allows. A module of its own, as for LINT.
.PHONY: sbom
sbom: build ## Write what bin/eventra is made of: bin/sbom.cdx.json (CycloneDX), and each part's licence in bin/licences.txt
	@go tool -modfile=$(CURDIR)/tools/sbom/go.mod cyclonedx-gomod bin -json -licenses -std -version '$(VERSION)' -output bin/sbom.cdx.json bin/eventra
	@go -C tools run ./licences < bin/sbom.cdx.json > bin/licences.txt
	@echo "bin/sbom.cdx.json, bin/licences.txt: $$(wc -l < bin/licences.txt) parts"

.PHONY: generate
generate: ## Generate docs/openapi.json from the annotations in http/, and Go from actors/wire/*.proto
	@$(call OPENAPI,docs)
	@$(call WIRE,actors/wire)

.PHONY: generate-check
generate-check: ## Fail if a generated file is out of date
	@$(call OPENAPI,bin/generated)
	@$(call WIRE,bin/generated)
	@diff -u docs/openapi.json bin/generated/openapi.json && diff -u actors/wire/eventra_wire.pb.go bin/generated/eventra_wire.pb.go \
		|| { echo 'A generated file is out of date, `make generate` helps'; exit 1; }

# $(1) is the folder to write openapi.json to. tools/openapi completes the output of swag.
OPENAPI = set -e; mkdir -p bin/swag $(1); \
	$(TOOL) swag init --v3.1 --quiet --dir http,. --generalInfo openapi.go --outputTypes json --output bin/swag; \
	(cd tools && go run ./openapi $(CURDIR)/bin/swag/swagger.json $(CURDIR)) > bin/swag/openapi.json; \
	mv bin/swag/openapi.json $(1)/openapi.json

# $(1) is the folder to write to.
WIRE = mkdir -p $(1) && (cd tools && go run ./protogen $(CURDIR)/actors/wire/eventra_wire.proto $(CURDIR)/$(1))

.PHONY: check-openapi
check-openapi: ## Lint docs/openapi.json, and let generated clients live the story at three instances (needs Node.js)
	$(call PREPARE,bin/members)
	@tools/clients/check

.PHONY: check-pages
check-pages: ## Use the pages in Chromium by keyboard, as a shop's page does, and look at them with axe-core (needs Node.js and Chromium)
	$(call PREPARE,bin/members)
	@bin/devstack exec --volatile -- tools/browser/check

.PHONY: check-kubernetes
check-kubernetes: bin/testgate ## Build deploy/kubernetes as kustomize does, and check it by the types of the Kubernetes API
	@cd tools/kubernetes && ../../bin/testgate -count=1 -timeout=1m ./...

# An example of each alert, and then each query of the dashboards and the rules during a sale.
.PHONY: check-observability
check-observability: deps build bin/devstack bin/observability ## Try the dashboards, alerts and rules of deploy/observability with Prometheus
	@scripts/deps prometheus
	@cd deploy/observability && promtool check config prometheus.yml && promtool test rules rules_test.yml
	@bin/devstack exec --volatile -- bin/observability

.PHONY: deps
deps: ## Install PostgreSQL and Redis if they are missing
	@scripts/deps

.PHONY: deps-race
deps-race:
	@scripts/deps cc
