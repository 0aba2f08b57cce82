# make demo | test | build | bench | sanitize | test-real | fuzz | coverage | test-clean; see README.md.
SHELL := /bin/sh
PYTHON := /usr/bin/python3
export PROMETHEUS ?= $(CURDIR)/build/tools/usr/bin/prometheus
export ALERTMANAGER ?= $(CURDIR)/build/tools/usr/bin/prometheus-alertmanager
export PROMTOOL ?= $(CURDIR)/build/tools/usr/bin/promtool

.PHONY: all setup-build setup-demo setup-test build demo test bench sanitize test-real fuzz coverage test-clean clean
all: build

setup-build setup-demo setup-test: setup-%:
	@deploy/setup.sh build $(if $(filter-out build,$*),demo) $(filter test,$*)

build: setup-build
	cmake --preset release
	cmake --build --preset release --target meshwarden meshsim

demo: setup-demo build
	MESHWARDEN_BUILD=$(CURDIR)/build/release $(PYTHON) tests/e2e/demo.py

test: setup-test
	tests/run.sh release

sanitize: setup-test
	tests/run.sh asan unit
	tests/run.sh tsan unit

bench: setup-test build
	MESHWARDEN_BUILD=$(CURDIR)/build/release tests/bench/run.sh

test-real: setup-test build
	tests/real/run.sh

fuzz:
	@deploy/setup.sh build fuzz
	tests/fuzz/run.sh $(or $(FUZZ_SECONDS),60)

coverage: setup-test
	@deploy/setup.sh cover
	tests/coverage.sh

test-clean:
	tests/clean.sh

clean:
	rm -rf build
