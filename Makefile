# Two commands for a newcomer: `make demo` and `make test`. Everything else is for who changes the code.
SHELL := /bin/bash
# The current Node that npm put beside the code comes first; the machine's own may be too old.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: demo demo-live test test-fast faults check format build bench docs clean setup-tests

demo: node_modules ## watch causes of a recorded incident appear
	node src/main.ts demo $(ARGS)

demo-live: node_modules ## the same with a real nginx and real faults
	node src/main.ts demo --live $(ARGS)

test: node_modules setup-tests check build ## everything: installs what the tests need (or skips visibly), then runs them
	scripts/run-tests.sh

test-fast: node_modules ## unit tests only, no other programs
	TESTS=unit scripts/run-tests.sh

faults: node_modules setup-tests ## real faults: is each given its cause? writes docs/fault-matrix.md
	node test/faults/run.ts --parallel 4 $(if $(FAULTS),$(FAULTS),--write)

check: node_modules ## types, lint, format
	tsc -p .
	biome check --error-on-warnings .

format: node_modules
	biome check --write .

build: node_modules ## dist/badgateway.mjs, the bundle that the image ships
	node scripts/build.ts

bench: build ## ratios to peers on this machine; see docs/performance.md
	node test/bench/run.ts $(SECTIONS)

docs: node_modules ## generated pages, dashboards and manifests
	node scripts/generate-docs.ts
	node dashboards/build.ts
	node deploy/generate.ts

setup-tests:
	scripts/setup-tests.sh

node_modules: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch node_modules

clean:
	rm -rf dist build node_modules .venv
