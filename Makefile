# Two commands for a newcomer: `make demo` and `make test`. Everything else is for who changes the code.
SHELL := /bin/bash
# The current Node that npm put beside the code comes first; the machine's own may be too old.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: demo demo-live test test-fast faults check format build bench docs clean setup-tests setup-packages setup-envoy

demo: node_modules ## watch causes of a recorded incident appear
	node src/main.ts demo $(ARGS)

demo-live: node_modules ## the same with a real nginx and real faults
	node src/main.ts demo --live $(ARGS)

test: ## everything: installs what the tests need (or skips visibly), then runs them
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target setup-tests check build
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

setup-tests: setup-packages setup-envoy

setup-packages:
	scripts/setup-tests.sh packages

setup-envoy: node_modules setup-packages
	scripts/setup-tests.sh envoy

node_modules: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch node_modules

clean:
	rm -rf dist build node_modules .venv
