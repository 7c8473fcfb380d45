# `make` lists the targets. One cargo at a time: they share one target folder and would wait for each other.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help dev test test-rust test-client test-mysql test-more test-engines test-gateways mutants fuzz schemathesis soak torture bench fmt lint deny deploy-check build release dist sbom servers clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## ?(.*)/  \1|\2/' | \
		while IFS='|' read -r name text; do printf '  %-14s %s\n' $$name "$$text"; done

dev: ## everything in one process on http://127.0.0.1:8080, with WeChat's simulator
	cargo run --locked -- dev

test: servers ## every test: Rust against MariaDB, Redis and the embedded stores, then the client
	scripts/with-servers scripts/test

test-rust: servers ## the Rust suite alone
	scripts/with-servers scripts/test rust

test-client: servers ## the client's tests alone, against a fresh build
	cargo build --locked
	scripts/test client

test-mysql: servers ## the Rust suite on your MySQL: make test-mysql TEST_DATABASE_URL=mysql://user:pw@host/db
	@test -n "$$TEST_DATABASE_URL" || { echo 'TEST_DATABASE_URL=mysql://user:password@host:port/database is needed;' \
		'its user must be allowed to create databases and users' >&2; exit 64; }
	scripts/with-servers scripts/test rust

soak: servers ## half an hour of mixed load with a fault a minute: memory and descriptors must not grow
	cargo build --locked --release --package weapp-login --package bench
	target/release/soak $(SOAK_ARGS)

test-engines: servers ## the suites on newer Redis, Valkey, MariaDB, MySQL, and clusters of both: make test-engines ENGINES_ARGS="valkey"
	scripts/test-engines $(ENGINES_ARGS)

test-gateways: ## what gateways promise, behind Traefik, Envoy and Caddy: make test-gateways GATEWAYS_ARGS="envoy"
	scripts/test-gateways $(GATEWAYS_ARGS)

test-more: servers ## the Rust suite with an optimised build and many more people, histories and rounds
	SOAK=1 PROPTEST_CASES=$${PROPTEST_CASES:-10000} CARGO_TEST_FLAGS=--release scripts/with-servers scripts/test rust

torture: servers ## half an hour in which everything fails, one thing after another; every answer must stay true
	TORTURE_SECONDS=$${TORTURE_SECONDS:-1800} TORTURE_PHONES=$${TORTURE_PHONES:-300} \
		cargo test --locked --test torture every_answer -- --nocapture

mutants: ## change the program in a thousand ways and name each change that no test finds: make mutants MUTANTS_ARGS="--re src/ticket"
	@cargo mutants --version >/dev/null 2>&1 || cargo install --locked --debug cargo-mutants
	scripts/mutants $(MUTANTS_ARGS)

fuzz: ## libFuzzer on every input from outside, each for FUZZ_SECONDS; needs a nightly toolchain
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked --debug cargo-fuzz
	scripts/fuzz $${FUZZ_SECONDS:-60}

schemathesis: ## ask the service everything that its API document allows, and compare: make schemathesis EXAMPLES=200
	cargo build --locked
	scripts/schemathesis $(EXAMPLES)

bench: servers ## what a login costs on this machine: make bench BENCH_ARGS="--rounds 1 --quick"
	cargo bench --locked --bench micro
	cargo build --locked --release --package weapp-login --package bench
	target/release/bench $(BENCH_ARGS)

fmt: ## format the Rust sources
	cargo fmt

lint: ## formatting, clippy and the documentation, warnings as errors
	cargo fmt --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked

deny: ## licences, sources and advisories of all dependencies
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked --debug cargo-deny
	scripts/deny

deploy-check: servers ## the files of deploy/, read by the tools that they are for
	cargo build --locked
	scripts/deploy-check

build: ## the program, for development
	cargo build --locked

release: ## the program as it is shipped: target/release/weapp-login
	cargo build --locked --release

dist: ## what a release has for one kind of machine: make dist TARGET=x86_64-unknown-linux-gnu
	scripts/dist $(TARGET)

sbom: ## what the program is made of, as CycloneDX: target/weapp-login.cdx.json
	@cargo cyclonedx --version >/dev/null 2>&1 || cargo install --locked --debug cargo-cyclonedx
	cargo cyclonedx --manifest-path Cargo.toml --format json --override-filename weapp-login.cdx
	mkdir -p target && mv weapp-login.cdx.json target/
	rm -f crates/*/weapp-login.cdx.json

servers: ## install the servers that the tests start, when missing (Debian; root or sudo)
	scripts/install-test-servers

clean: ## remove what was built
	cargo clean
	rm -rf clients/miniprogram/node_modules clients/miniprogram/frameworks/*/node_modules clients/miniprogram/frameworks/*/dist \
		tests/generated-client/node_modules fuzz/target fuzz/corpus fuzz/artifacts
