# Every task of the repository, by name. `make` lists them; `make check` is the gate, here and in CI.

.DEFAULT_GOAL := help
.PHONY: help install build demo test bench check types lint format format-check clean

# Kills come on average after half of --seconds: some 15 seconds in all.
DEMO_ARGS = bank --rounds 8 --seconds 3

# Only the tests whose path contains this: make test T=memtable
T =
VITEST_ARGS =

# Entries: make bench BENCH_ARGS=1000000
BENCH_ARGS =

INSTALLED := node_modules/.package-lock.json
BUILT := dist/.built
BUILD_INPUTS := $(shell find src -name '*.ts' 2>/dev/null) \
	tsconfig.json tsconfig.build.json package.json scripts/build.mjs

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

bench: build ## Measure the engine on this machine; BENCH_ARGS=entries
	npm run --silent bench -- $(BENCH_ARGS)

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
