# make demo   trains a classifier on pictures of food and shows what it learnt
# make test   runs the tests
# make test-interop   tests Graft's files with PyTorch, torchvision, safetensors, ONNX and ONNX Runtime (needs Python)
# make lint   checks the formatting
.PHONY: setup build demo test test-interop lint clean

GRAFT := .build/release/graft
SOURCES := Package.swift Sources Plugins Tests

setup:
	@.ci/setup

build: setup
	@echo "graft: building (the first time takes a few minutes)"
	@swift build -c release --product graft

demo: build
	@GRAFT=$(GRAFT) sh Docs/demo.sh

# Kernels are C: a debug build crawls, so tests run in release mode. They use `package` access, so nothing has to be
# compiled a second time for testing.
test: setup
	@swift test -c release --disable-testable-imports --skip HostileTests
	@echo "graft: damaged files, 10,000 of each kind (GRAFT_MUTANTS=100000 for more)"
	@GRAFT_HOSTILE_ALONE=1 swift test -c release --disable-testable-imports --skip-build --filter HostileTests

INTEROP := .cache/interop-venv

test-interop: build $(INTEROP)/installed
	@GRAFT=$(GRAFT) $(INTEROP)/bin/python -B Tests/Interop/run.py

$(INTEROP)/installed: Tests/Interop/requirements.txt
	@echo "graft: getting PyTorch, torchvision, safetensors, ONNX and ONNX Runtime"
	@python3 -m venv --clear $(INTEROP)
	@$(INTEROP)/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

lint:
	@swift format lint --strict --recursive --parallel $(SOURCES)
	@echo "graft: formatting is right"

clean:
	@rm -rf .build
