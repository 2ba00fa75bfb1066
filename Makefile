# Every task of the repository, by name. `make` lists them; `make check` is the gate, here and in CI.

.DEFAULT_GOAL := help
.PHONY: help install build demo test quick model indexes history etcd cluster-test graph-kills bench-graph bench-backup bench-encryption bench-ledger bench-backends ledgers encryption followers lost-machines bench-documents bench-workers stress-threads isolation fuzz soak prove bench bench-full bench-matrix bench-report bench-transfers bench-threads bench-memory bench-sustained bench-expiry db-bench big scale runtimes browser images level-clients transfer docs-site site-test check types lint format format-check clean

# Kills come on average after half of --seconds: some 15 seconds in all.
DEMO_ARGS = bank --rounds 8 --seconds 3

# Only the tests whose path contains this: make test T=memtable
T =
VITEST_ARGS =

# Every setting may come from the environment as well: SEED=7 make fuzz

# Long runs of the model test: make model SEED=1000 RUNS=200
SEED ?= 1
RUNS ?= 50

# Transactions of each bank workload: make isolation TRANSACTIONS=100000
TRANSACTIONS ?= 20000

# Damaged inputs for each decoder: make fuzz INPUTS=1000000 SEED=7
INPUTS ?= 200000

# Length of the crash tests: make crash STATES=1000000 ROUNDS=2000
STATES ?= 100000
ROUNDS ?= 200

# Length of a soak: make soak MINUTES=120
MINUTES ?= 30

# Entries: make db-bench BENCH_ARGS=1000000
BENCH_ARGS =
BIG_ARGS =
TRANSFER_ARGS =
SCALE_ARGS =
GRAPH_ARGS =

INSTALLED := node_modules/.package-lock.json
PEERS := bench/node_modules/.package-lock.json
RUNTIMES := test/runtimes/node_modules/.package-lock.json
CLIENTS := test/clients/node_modules/.package-lock.json
SITE := site/node_modules/.package-lock.json
BUILT := dist/.built
BUILD_INPUTS := $(shell find src -name '*.ts' -o -name '*.css' 2>/dev/null) \
	tsconfig.json tsconfig.build.json package.json $(wildcard scripts/*.mjs)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Install what the lock file names, if anything changed

$(INSTALLED): package-lock.json
	npm ci --include=dev
	@touch $@

build: $(BUILT) ## Compile src to dist: ES modules, CommonJS, types

$(BUILT): $(INSTALLED) $(BUILD_INPUTS)
	npm run --silent build
	@touch $@

demo: build ## Move money between accounts, kill the process, count again
	node dist/cli/main.js $(DEMO_ARGS)

test: build ## Run the tests; T=name runs those whose path contains it
	npx vitest run $(VITEST_ARGS) $(T)

quick: build ## Run the short tests and a little of each proof, in about a minute
	npm test

indexes: build ## Run a million steps of histories over indexes, and every power cut and fault of theirs; SEED=
	SEED=$(SEED) VARVE_INDEX_STEPS=all VARVE_INDEX_CUTS=all \
		npx vitest run test/indexes/histories test/indexes/power-cuts --testTimeout=0

history: build ## Run every power cut, kill and fault in the life of a database with history; SEED=
	SEED=$(SEED) VARVE_HISTORY_CUTS=all VARVE_PAST_CUTS=all npx vitest run \
		test/crash/history test/engine/state/retention --testTimeout=0

etcd: .cache/etcd/usr/bin/etcd ## Fetch the server etcd of Debian into .cache, for the tests of varve/etcd

.cache/etcd/usr/bin/etcd:
	mkdir -p .cache/etcd
	cd .cache/etcd && apt-get download etcd-server && dpkg -x etcd-server_*.deb .

cluster-test: build ## Run the tests over clusters whole: every fault, long histories; needs make etcd; SEED=
	SEED=$(SEED) VARVE_CLUSTER=all npx vitest run test/etcd test/foundationdb test/postgres test/remote --testTimeout=0

ledgers: build ## Run every power cut, fault and damage of append-only and verifiable keyspaces; SEED=
	SEED=$(SEED) VARVE_LEDGER_CUTS=all npx vitest run test/append-only test/merkle --testTimeout=0

encryption: build ## Run every power cut and fault of an encrypted database and its key rotations; SEED=
	SEED=$(SEED) VARVE_KEY_CUTS=all npx vitest run test/encryption --testTimeout=0

followers: build ## Read from another process while a writer is killed again and again; ROUNDS= RUNS= SEED=
	VARVE_INVARIANTS=1 ROUNDS=$(ROUNDS) SEED=$(SEED) node scripts/run-ts.mjs crash-tests/followers.ts
	SEED=$(SEED) VARVE_FOLLOW_RUNS=$(RUNS) npx vitest run test/engine/follow/histories --testTimeout=0

model: build ## Run seeded histories against the model; SEED=first RUNS=how many
	VARVE_MODEL=all VARVE_MODEL_SEED=$(SEED) VARVE_MODEL_RUNS=$(RUNS) npm run --silent model

isolation: build ## Check random concurrent histories; RUNS=histories a level, SEED=first, TRANSACTIONS=a bank workload
	ISOLATION_SEED=$(SEED) ISOLATION_RUNS=$(RUNS) ISOLATION_TRANSACTIONS=$(TRANSACTIONS) \
		npx vitest run --testTimeout 0 test/isolation

fuzz: build ## Give damaged bytes to every decoder; INPUTS=for each, SEED=
	FUZZ_SEED=$(SEED) FUZZ_INPUTS=$(INPUTS) npx vitest run --testTimeout 0 test/fuzz

lost-machines: ## Machines that are lost while an archive ships: each restore balances. ROUNDS=, SEED=
	LOST_ROUNDS=$(ROUNDS) SEED=$(SEED) npx vitest run test/backup/lost-machine --testTimeout=0

crash: build ## Power cuts, damaged files, kill -9, two owners and moves: STATES= states, ROUNDS= kills, SEED=
	VARVE_INVARIANTS=1 VARVE_CRASH_STATES=$(STATES) SEED=$(SEED) node scripts/run-ts.mjs crash-tests/power-loss.ts
	VARVE_DAMAGE=all SEED=$(SEED) npx vitest run test/crash/damage --testTimeout=0
	VARVE_INVARIANTS=1 ROUNDS=$(ROUNDS) SEED=$(SEED) node scripts/run-ts.mjs crash-tests/kill9.ts
	ROUNDS=$(ROUNDS) SEED=$(SEED) node scripts/run-ts.mjs crash-tests/owners.ts

graph-kills: build ## Kill a process amid the load of a graph, and check the graph; ROUNDS= kills, SEED=
	ROUNDS=$(ROUNDS) SEED=$(SEED) node scripts/run-ts.mjs crash-tests/graph-kills.ts

soak: build ## Load real files for MINUTES=, with kills; audits, memory, open files; SEED=
	MINUTES=$(MINUTES) SEED=$(SEED) node scripts/run-ts.mjs crash-tests/soak.ts

prove: build ## Try everything that could break it, for hours; QUICK=1 for minutes, ONLY=part,part JOBS=2 SEED=
	node scripts/run-ts.mjs crash-tests/prove.ts

bench: build $(PEERS) ## Compare with other engines, short; ENTRIES= VALUE_SIZE= RUNS= SECONDS= ONLY=workload,... ENGINES=name,...
	node scripts/run-ts.mjs bench/compare.ts

bench-full: build $(PEERS) ## The whole comparison; the same settings
	node scripts/run-ts.mjs bench/compare.ts --full

bench-matrix: build $(PEERS) ## Ratios by shape of keys, size of values and cache; SHAPES= VALUES= CACHES= ONLY= ENGINES=; MATRIX_ARGS=--full for all
	node scripts/run-ts.mjs bench/matrix.ts $(MATRIX_ARGS)

bench-report: build ## Put the last comparison into docs/performance.md
	node scripts/run-ts.mjs bench/report.ts

db-bench: build ## Measure this engine alone; BENCH_ARGS=entries
	npm run --silent bench -- $(BENCH_ARGS)

bench-transfers: build ## Durable transfers by level, mode and contention; cost of validation; TRANSFER_ARGS="--runs N --clients 1,8"
	node scripts/run-ts.mjs bench/transfers.ts $(TRANSFER_ARGS)

bench-threads: build ## Point gets from two threads against one, over shared structures; ENTRIES= OPS= RUNS=
	node scripts/run-ts.mjs bench/threads.ts

bench-workers: build ## Reads of attached threads, one and two, and writes beside them; ENTRIES= OPS= RUNS= WRITES=
	node scripts/run-ts.mjs bench/workers.ts

stress-threads: ## Attached threads under stress, and terminated, for an hour; THREAD_ROUNDS= THREAD_KILLS= THREAD_SEED=
	THREAD_ROUNDS=$${THREAD_ROUNDS:-6000} THREAD_KILLS=$${THREAD_KILLS:-2000} npx vitest run test/threads/stress.test.ts

bench-memory: build ## Resident memory of two million puts against the configured budget; PUTS= DURABILITY=sync|os
	node scripts/run-ts.mjs bench/memory.ts

bench-sustained: build ## Random puts that fill ten memtables: level 0, stalls and the event loop; MEMTABLES= DURABILITY=sync|os
	node scripts/run-ts.mjs bench/sustained.ts

bench-graph: build $(PEERS) ## A social graph beside SQLite, kuzu and levelgraph, and with threads; GRAPH_ARGS="nodes edges"
	node scripts/run-ts.mjs bench/graph.ts $(GRAPH_ARGS)

bench-documents: build $(PEERS) ## Documents beside SQLite with JSON and indexes, and beside PouchDB; DOCUMENTS=20000
	node scripts/run-ts.mjs bench/documents.ts $(DOCUMENTS)

bench-expiry: build ## Sessions that expire while others come: disk, levels and scans; SECONDS= TTL= RATE= STAY=
	node scripts/run-ts.mjs bench/expiry.ts

bench-backup: build ## Durable transfers of 128 clients without and with backups beside them; ENTRIES= CLIENTS= SECONDS= ROUNDS= ENCRYPTED=1
	node scripts/run-ts.mjs bench/backup.ts

bench-encryption: build ## An encrypted database beside a plain one, row by row in pairs; ENTRIES= VALUE_SIZE= OPS= ROUNDS=
	node scripts/run-ts.mjs bench/encryption.ts

bench-ledger: build ## Appends with and without a Merkle tree; size and check of a proof among a million; ENTRIES= VALUE_SIZE= ROUNDS=
	node scripts/run-ts.mjs bench/ledger.ts

bench-backends: build ## The same calls on a directory, etcd and PostgreSQL, by 1, 16 and 64 clients; SECONDS= ENTRIES= VALUE_SIZE= CLIENTS= JSON= ONLY=
	node scripts/run-ts.mjs bench/backends.ts

big: build ## A database ten times larger than its memory; BIG_ARGS="--puts N --value-size N --seed N"
	node scripts/run-ts.mjs bench/larger-than-memory.ts $(BIG_ARGS)

scale: build ## Amplification, memory and open time as a database grows; SCALE_ARGS=1000000,10000000
	node scripts/run-ts.mjs bench/scale.ts $(SCALE_ARGS)

runtimes: build $(RUNTIMES) ## Run a smoke program in every runtime, bundler and tracer; ONLY="part of a name..."
	node test/runtimes/run.mjs $(ONLY)

$(RUNTIMES): test/runtimes/package-lock.json
	-cd test/runtimes && { npm ci || npm install --no-save; }
	@test ! -f $@ || touch $@

browser: ## Install Debian's Chromium, in which pages are tested, and pngquant, which makes pictures small
	apt-get install --yes --no-install-recommends chromium fonts-dejavu-core pngquant

images: build ## Make the pictures in docs/images: studio, command, site; wants Chromium, make docs-site; ONLY="part of a name"
	ONLY="$(ONLY)" node scripts/images/make.mjs

transfer: build $(PEERS) ## Import and export a million entries, killed and resumed, from each engine; ENTRIES=
	VARVE_TRANSFER_ENTRIES=$(or $(ENTRIES),1000000) npx vitest run test/cli/transfer --testTimeout=0

level-clients: build $(CLIENTS) ## Run programs that are written for Level over varve/level; ONLY="part of a name..."
	node test/clients/run.mjs $(ONLY)

$(CLIENTS): test/clients/package-lock.json
	-cd test/clients && { npm ci --ignore-scripts || npm install --no-save --ignore-scripts; }
	@test ! -f $@ || touch $@

docs-site: install $(SITE) ## Build the documents and the reference as a site, in site/.vitepress/dist
	cd site && node build.mjs

site-test: docs-site ## Check the built site: links, search, in Chromium by keyboard and at phone width
	node site/check.mjs

$(SITE): site/package-lock.json
	cd site && npm ci --ignore-scripts
	@touch $@

# The engines to compare with are no dependencies of varve. One that does not install is named by the comparison. `npm ci`
# refuses a lock file when a registry lacks some other platform's optional package; `npm install` passes over it.
$(PEERS): bench/package-lock.json
	-cd bench && { npm ci || npm install --no-save; }
	@test ! -f $@ || touch $@

check: types lint format-check test ## The gate: types, lint, format, tests

types: install ## Check the types of everything
	npm run --silent types

lint: install ## Check the code with eslint
	npm run --silent lint

format: install ## Rewrite files in the house format
	npm run --silent format

format-check: install
	npm run --silent format:check

clean: ## Remove what was built
	rm -rf dist .dist-* coverage node_modules/.cache
