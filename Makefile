# One door for people and for CI: `make test` is everything that must be green.
# Each step prints its name; the first one that fails ends the run.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help

# What scripts/setup could not put anywhere else (see there) comes before the machine's own.
export PATH := $(CURDIR)/target/tools/bin:$(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)
export CARGO_TERM_COLOR ?= auto

# Where one run decides, nothing is built a second time and no debugger is at hand: what serves those is 9 of 12 GB.
ifdef CI
export CARGO_INCREMENTAL := 0
export CARGO_PROFILE_DEV_DEBUG := 0
endif

step = @printf '\n=== %s ===\n' '$(1)'

.PHONY: help test setup format lint deny docs doctest tests audit bench screenshots book

help: ## Shows this list.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: setup format lint deny docs doctest tests ## Everything that must be green, from a clean clone.
	$(call step,all steps passed)

setup: ## Installs what the tests need and this machine lacks (Debian packages, cargo tools).
	$(call step,setup)
	scripts/setup

format: ## Formatting.
	$(call step,format)
	cargo fmt --check

lint: ## Clippy; every warning is an error.
	$(call step,lint)
	cargo clippy --locked --all-targets -- -D warnings

# Licences, banned crates and sources are decided by files in the repository. Advisories are not: their database
# is fetched from the network, which a closed machine lacks, and it changes without us. `make audit` asks it.
deny: ## Licences, banned crates and sources of the dependencies.
	$(call step,deny)
	cargo deny --locked check --hide-inclusion-graph bans licenses sources

audit: ## Known vulnerabilities of the dependencies; needs the network.
	$(call step,audit)
	cargo deny --locked check advisories

bench: ## The hub beside the machine's own limit and beside Mosquitto, as Markdown; wants a quiet machine.
	$(call step,bench)
	scripts/bench
	scripts/bench mqtt

docs: ## The documentation builds without a warning.
	$(call step,docs)
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --document-private-items

book: ## The documentation as a small site that needs no network: docs/book/index.html.
	$(call step,book)
	scripts/book

doctest: ## The examples in the documentation.
	$(call step,doctest)
	cargo test --locked --doc

# cargo-nextest runs each test in its own process and ends hanging ones; without it `cargo test` runs the same tests,
# and a clock ends all of them.
tests: ## Unit tests, tidiness and black-box tests with real ptys and a real browser.
	$(call step,tests)
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --locked --no-fail-fast --profile $(if $(CI),ci,default); \
	else \
		timeout --foreground 30m cargo test --locked --no-fail-fast --lib --bins --tests; \
	fi

# What `docs/screenshots` shows; the tests take many more, under `target/screenshots`.
pictures = page-dashboard-desktop page-dashboard-phone-dark tiles-desktop tiles-phone-dark page-device-desktop \
	page-arrange-phone-dark page-events-desktop page-test-desktop kiosk-pin-phone-dark tile-framed \
	offline-phone-dark page-dashboard-forced

screenshots: ## Takes the pictures of the documentation again: docs/dashboard.png and docs/screenshots.
	$(call step,screenshots)
	cargo test --locked --test browser --test browser_app --test browser_sweep --test browser_tiles --test browser_kiosk
	cp target/screenshots/readme.png docs/dashboard.png
	mkdir -p docs/screenshots
	cp $(pictures:%=target/screenshots/%.png) docs/screenshots/
