# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=

# Static on Linux: a third less start-up and 4 MB less memory than with Swift's shared libraries.
release := -c release $(if $(filter Linux,$(shell uname -s)),--static-swift-stdlib)

share := $(DESTDIR)$(PREFIX)/share
binary := .build/release/erratum

.DEFAULT_GOAL := help
.PHONY: run test build install check format lint golden e2e bench bench-peers parity dist clean
.PHONY: help setup pages bench-reflection

run: build ## build and start the workbench; ARGS="replay ID" to say more
	@$(binary) $(ARGS)

test: setup ## build and run every test that needs no terminal
	$(SWIFT) test

build: setup ## make the release binary, .build/release/erratum
	@$(SWIFT) build $(release) --product erratum

check: setup-all lint ## all that CI runs: lint, warnings as errors, tests, e2e
	scripts/check

format: ## format the sources in place
	$(SWIFT) format --in-place --recursive Sources Tests Benchmarks Package.swift

lint: ## complain about what `make format` or a reader would change
	$(SWIFT) format lint --strict --recursive Sources Tests Benchmarks Package.swift

golden: setup ## record the pictures of the screens again
	ERRATUM_GOLDEN=record $(SWIFT) test --filter WorkbenchTests

e2e: setup-all ## run the stories in a real terminal
	ERRATUM_E2E=1 $(SWIFT) test --filter EndToEndTests

bench: build ## measure the release binary; ARGS="keys --runs 9" to choose
	@$(SWIFT) build $(release) --product measure
	@.build/release/measure $(ARGS)

parity: setup ## compare the embedded model with llama.cpp, on every tensor type
	@$(SWIFT) build $(release) --product probe-model
	@scripts/parity/run parity.py $(ARGS)

bench-peers: setup ## time the embedded model beside llama.cpp; nothing else should be running
	@$(SWIFT) build $(release) --product probe-model
	@scripts/parity/run peers.py $(ARGS)

bench-reflection: setup ## time SRGen's correction beside PyTorch and NumPy; nothing else should be running
	@$(SWIFT) build $(release) --product probe-model
	@scripts/reflection/run $(ARGS)

install: $(if $(SUDO_USER),built,pages) ## install under PREFIX (/usr/local), below DESTDIR
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(binary) "$(DESTDIR)$(PREFIX)/bin/erratum"
	scripts/install-share "$(share)"

dist: setup ## make dist/erratum-VERSION-SYSTEM.tar.gz, which runs without Swift
	scripts/dist

clean: ## remove what was built
	rm -rf .build .build-check .build-dist dist Benchmarks/.build

help: ## list these
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@scripts/setup

.PHONY: setup-all
setup-all:
	@scripts/setup --all

# Under sudo nothing is built: Swift is often not on root's path, and .build would become root's.
.PHONY: built
built:
	@[ -e .build/pages/erratum.fish ] || \
	{ echo "Nothing is built yet: type make pages, then sudo make install again." >&2; exit 2; }

# The manual and the completions, both written by swift-argument-parser.
pages: build
	@scripts/pages
