# SPDX-License-Identifier: MIT
# Files are found by folder: adding one registers it. `make help` lists the targets.
VERSION ?= 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
LLVM    ?= llvm-config-19
CC      ?= cc
CLANG   ?= clang-19
FLEX    ?= flex
BISON   ?= bison
PYTHON  ?= $(firstword $(wildcard /usr/bin/python3) python3)
TEST_SUITES ?=
# Those that build for the user use all processors, unless make was told how many.
PARALLEL := $(if $(findstring j,$(firstword -$(MAKEFLAGS))),,-j$(shell nproc 2>/dev/null || echo 1))

# Debian packages by what they are needed for. Only `deps` (and so demo, test, check, bench) ever calls apt, and only when one is missing.
BUILD_PACKAGES := build-essential pkg-config llvm-19-dev clang-19 lld-19 libclang-rt-19-dev flex bison libcmocka-dev \
                  zlib1g-dev libzstd-dev libxml2-dev libhdf5-dev libjson-c-dev libcairo2-dev libsndfile1-dev wasi-libc libclang-rt-19-dev-wasm32
TEST_PACKAGES  := nodejs $(if $(shell command -v npm 2>/dev/null),,npm) python3 python3-scipy python3-h5py python3-markdown-it dataset-fashion-mnist qemu-user libc6-dev-arm64-cross libgcc-12-dev-arm64-cross valgrind chromium \
                  qemu-system-arm qemu-system-misc
DEMO_PACKAGES  := dataset-fashion-mnist
DOCS_PACKAGES  := python3 python3-markdown-it
BENCH_PACKAGES := python3 python3-brian valgrind

HDF5_CFLAGS := $(shell pkg-config --cflags hdf5 2>/dev/null || pkg-config --cflags hdf5-serial 2>/dev/null)
HDF5_LIBS   := $(shell pkg-config --libs hdf5 2>/dev/null || pkg-config --libs hdf5-serial 2>/dev/null)
# HDF5, Cairo and libsndfile are loaded when they are needed (runtime/host/hdf5_lazy.c, plot_lazy.c, data_sound.c); the version of HDF5 is that of its headers.
HDF5_SONAME := $(shell objdump -p $(firstword $(wildcard $(patsubst -L%,%/libhdf5.so,$(filter -L%,$(HDF5_LIBS))) /usr/lib/*/libhdf5.so /usr/lib64/libhdf5.so \
                  /usr/local/lib/libhdf5.so)) 2>/dev/null | sed -n 's/.*SONAME *//p')
CAIRO_CFLAGS := $(shell pkg-config --cflags cairo json-c 2>/dev/null)
WARN    := -Wall -Wextra -Werror
OPT     ?= -O2 -g
CFLAGS  := -std=c17 -D_GNU_SOURCE $(WARN) $(OPT) $(EXTRA_CFLAGS)
# Floating point is fixed by definition: no contraction anywhere in the runtime.
RTFLAGS := $(CFLAGS) -ffp-contract=off -fno-math-errno -Iruntime/include -Iruntime -pthread -DSNN_HDF5_SONAME='"$(HDF5_SONAME)"'
RT_LIBS := -ljson-c -lz -lm -lpthread
LLVM_LIBS := $(shell $(LLVM) --ldflags 2>/dev/null) -lLLVM-19
SNNC_LIBS := $(LLVM_LIBS)
# The program itself links LLVM statically and at fixed addresses: relocating the shared library would cost 50 ms at every start. Tests and
# instrumented builds link the shared one, which is quicker to link.
LLVM_PARTS  := x86 aarch64 arm riscv webassembly orcjit passes irreader linker bitwriter
SNNC_LINK   := $(if $(EXTRA_CFLAGS),$(CC) $(OPT) $(EXTRA_CFLAGS),$(CLANG) $(OPT) -fuse-ld=lld -no-pie -Wl,--gc-sections -Wl,--as-needed)
SNNC_STATIC := $(if $(EXTRA_CFLAGS),$(LLVM_LIBS),$(shell $(LLVM) --ldflags 2>/dev/null) $(shell $(LLVM) --link-static --libs $(LLVM_PARTS) 2>/dev/null) -lstdc++ $(shell $(LLVM) --link-static --system-libs 2>/dev/null))
CFLAGS_COMPILER := $(CFLAGS) -ffp-contract=off -Icompiler -Iruntime/include -Iruntime -I$(BUILD)/gen \
                   $(shell $(LLVM) --cflags 2>/dev/null | tr ' ' '\n' | grep -E '^-I' | sort -u) \
                   -DSNNC_VERSION='"$(VERSION)"' -DSNNC_RT_LIBS='"$(RT_LIBS)"'

COMPILER_SRC := $(sort $(shell find compiler -name '*.c'))
RUNTIME_SRC  := $(sort $(shell find runtime/core runtime/host -name '*.c' ! -name '*.bc.c' 2>/dev/null))
WEB_SRC      := $(addprefix runtime/wasm/,snn.js snn.d.ts page.html page.css page.js)
BITCODE_SRC  := $(sort $(shell find runtime/core -name '*.bc.c'))
# Start-up code and helpers for small machines: three objects an instruction set (runtime/embedded), and the boards' linker scripts.
ISAS := thumbv6m thumbv7m thumbv7em thumbv8.1m rv32imac rv32imafc
ISA_thumbv6m   := --target=thumbv6m-none-eabi -mcpu=cortex-m0
ISA_thumbv7m   := --target=thumbv7m-none-eabi -mcpu=cortex-m3
ISA_thumbv7em  := --target=thumbv7em-none-eabihf -mcpu=cortex-m4
ISA_thumbv8.1m := --target=thumbv8.1m.main-none-eabihf -mcpu=cortex-m55 -mfloat-abi=hard
ISA_rv32imac   := --target=riscv32-unknown-elf -march=rv32imac -mabi=ilp32
ISA_rv32imafc  := --target=riscv32-unknown-elf -march=rv32imafc -mabi=ilp32f
# The event engine of small machines, as bitcode.
EVENT_ISAS   := $(ISAS) x86_64 aarch64
ISA_x86_64   := --target=x86_64-linux-gnu
ISA_aarch64  := --target=aarch64-linux-gnu
EVENT_BC     := $(EVENT_ISAS:%=$(BUILD)/runtime/embedded/%/events.bc)
EMBEDDED_OBJ := $(foreach isa,$(ISAS),$(BUILD)/runtime/embedded/$(isa)/start.o $(BUILD)/runtime/embedded/$(isa)/help.o $(BUILD)/runtime/embedded/$(isa)/rows.o)
RIDERS       := $(EMBEDDED_OBJ) $(EVENT_BC) $(sort $(wildcard runtime/embedded/boards/*.ld))
STDLIB_SRC   := $(sort $(shell find stdlib -name "*.snn" 2>/dev/null))
UNIT_SRC     := $(sort $(wildcard tests/unit/test_*.c))
FUZZ_SRC     := $(sort $(wildcard tests/fuzz/fuzz_*.c))

PARSER_OBJ := $(BUILD)/gen/parser.o $(BUILD)/gen/lexer.o
COMPILER_OBJ := $(COMPILER_SRC:%.c=$(BUILD)/%.o) $(PARSER_OBJ) $(BUILD)/gen/embed.o
RUNTIME_OBJ  := $(RUNTIME_SRC:%.c=$(BUILD)/%.o)
BITCODE      := $(BITCODE_SRC:%.bc.c=$(BUILD)/%.bc)
LIB_OBJ      := $(filter-out $(BUILD)/compiler/cli/main.o,$(COMPILER_OBJ))
UNIT_BIN     := $(UNIT_SRC:%.c=$(BUILD)/%)
FUZZ_BIN     := $(FUZZ_SRC:%.c=$(BUILD)/%)

.DEFAULT_GOAL := all
.PHONY: all
all: $(BUILD)/bin/snnc $(BUILD)/lib/libsnnrt.a   ## build the compiler and the runtime library (default)

# The runtime for WebAssembly, with Debian's C library for it; without that library snnc makes objects for the web only.
WASI     := $(firstword $(wildcard /usr/lib/wasm32-wasi))
BUILTINS := $(firstword $(wildcard $(addsuffix /lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a,/usr/lib/llvm-19 $(shell $(LLVM) --prefix 2>/dev/null))))
WASM_SRC := $(sort $(wildcard runtime/wasm/*.c) $(filter-out %.bc.c,$(filter runtime/core/%,$(RUNTIME_SRC)))) \
            $(addprefix runtime/host/,experiment.c change.c run.c analysis.c analysis_array.c analysis_psd.c analysis_x.c print.c results.c yield.c record.c)
WASM_OBJ := $(WASM_SRC:%.c=$(BUILD)/wasm32/%.o)
WASM_LIB := $(if $(and $(WASI),$(BUILTINS)),$(addprefix $(BUILD)/lib/wasm32/,libsnnrt.a libc.a libbuiltins.a))
# Three functions get another name, because runtime/wasm/web.c stands before them.
$(BUILD)/wasm32/runtime/host/run.o: WASM_RENAME := -Dsnn__x_run=host_x_run
$(BUILD)/wasm32/runtime/core/inst.o: WASM_RENAME := -Dinst_new=core_inst_new
$(BUILD)/wasm32/runtime/host/record.o: WASM_RENAME := -Drecord_add_spikes=host_record_add_spikes -Drecord_add_field=host_record_add_field
$(BUILD)/wasm32/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(CLANG) --target=wasm32-wasi -nostdlibinc -isystem runtime/wasm/include -isystem /usr/include/wasm32-wasi -std=c17 -D_GNU_SOURCE $(WARN) -Wno-unused-parameter -O2 \
	    -ffp-contract=off -fno-math-errno -Iruntime/include -Iruntime $(WASM_RENAME) -MMD -MP -c -o $@ $<
$(BUILD)/lib/wasm32/libsnnrt.a: $(WASM_OBJ)
	@mkdir -p $(@D); rm -f $@; ar rcs $@ $^
$(BUILD)/lib/wasm32/libc.a: $(WASI)/libc.a
	@mkdir -p $(@D); cp $< $@
$(BUILD)/lib/wasm32/libbuiltins.a: $(BUILTINS)
	@mkdir -p $(@D); cp $< $@
all: $(WASM_LIB)

# The page's plotting library, by npm; without npm, or when it fails, snnc refuses to write pages and does everything else.
$(BUILD)/web/stamp: runtime/wasm/package.json runtime/wasm/package-lock.json
	@rm -rf $(BUILD)/web; mkdir -p $(BUILD)/web/uplot; cp $^ $(BUILD)/web/
	@if command -v npm >/dev/null && npm ci --prefix $(BUILD)/web --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000 >$(BUILD)/web/npm.log 2>&1; \
	then cd $(BUILD)/web && cp node_modules/uplot/dist/uPlot.iife.min.js node_modules/uplot/dist/uPlot.min.css node_modules/uplot/LICENSE uplot/; \
	else echo "without npm: 'snnc build --target wasm32' will make no page (remove $(BUILD)/web to try again)"; fi
	@touch $@

# The whole runtime goes in: code compiled in memory may call any of its functions.
$(BUILD)/bin/snnc: $(BUILD)/compiler/cli/main.o $(BUILD)/libsnnc.a $(BUILD)/lib/libsnnrt.a
	@mkdir -p $(@D)
	$(SNNC_LINK) -o $@ $(BUILD)/compiler/cli/main.o $(BUILD)/libsnnc.a -Wl,--whole-archive $(BUILD)/lib/libsnnrt.a -Wl,--no-whole-archive \
	    $(SNNC_STATIC) $(RT_LIBS)
$(BUILD)/libsnnc.a: $(LIB_OBJ)
	@rm -f $@; ar rcs $@ $^
$(BUILD)/lib/libsnnrt.a: $(RUNTIME_OBJ)
	@mkdir -p $(@D); rm -f $@; ar rcs $@ $^

$(BUILD)/gen/parser.c $(BUILD)/gen/parser.h &: compiler/syntax/parser.y
	@mkdir -p $(@D)
	$(BISON) -Wall -Werror -Wno-yacc -Wcounterexamples --header=$(BUILD)/gen/parser.h -o $(BUILD)/gen/parser.c $<
$(BUILD)/gen/lexer.c: compiler/syntax/lexer.l $(BUILD)/gen/parser.h
	$(FLEX) -o $@ $<
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(CC) $(CFLAGS_COMPILER) -Wno-unused-function -Wno-unused-but-set-variable -Wno-sign-compare -MMD -MP -c -o $@ $<
$(BUILD)/compiler/%.o: compiler/%.c | $(BUILD)/gen/parser.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMPILER) $(HDF5_CFLAGS) $(CAIRO_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(CC) $(RTFLAGS) $(HDF5_CFLAGS) $(CAIRO_CFLAGS) -MMD -MP -c -o $@ $<
# Hot runtime code as bitcode, linked into each generated module and optimised with it. The wide registers make vectors plain
# arguments in the IR; the generator replaces the target attributes by those of its own target.
BCFLAGS := $(if $(filter x86_64,$(shell uname -m)),-mavx512f -mavx512dq -mavx512vl)
$(BUILD)/runtime/%.bc: runtime/%.bc.c
	@mkdir -p $(@D)
	$(CLANG) -std=c17 -O2 $(WARN) $(BCFLAGS) -ffp-contract=off -fno-math-errno -Iruntime/include -Iruntime -MMD -MP -MF $@.d -emit-llvm -c -o $@ $<
define embedded_rules
$(BUILD)/runtime/embedded/$(1)/%.o: runtime/embedded/%.c
	@mkdir -p $$(@D)
	$(CLANG) $(ISA_$(1)) -std=c17 -ffreestanding -Os -ffunction-sections -fdata-sections -fomit-frame-pointer -fstack-usage -ffp-contract=off $(WARN) -Iruntime -MMD -MP -c -o $$@ $$<
endef
$(foreach isa,$(ISAS),$(eval $(call embedded_rules,$(isa))))
define event_rules
$(BUILD)/runtime/embedded/$(1)/%.bc: runtime/embedded/%.c
	@mkdir -p $$(@D)
	$(CLANG) $(ISA_$(1)) -std=c17 -ffreestanding -Os -fomit-frame-pointer -ffp-contract=off $(WARN) -Iruntime -MMD -MP -MF $$@.d -emit-llvm -c -o $$@ $$<
endef
$(foreach isa,$(EVENT_ISAS),$(eval $(call event_rules,$(isa))))
EMBEDDED := $(STDLIB_SRC) $(BITCODE) $(RIDERS) docs/site/style.css $(WEB_SRC)
# The library and the bitcode ride inside the binary; the list notices files that came or went.
$(BUILD)/gen/embed.list: FORCE
	@mkdir -p $(@D); echo '$(EMBEDDED)' | cmp -s - $@ || echo '$(EMBEDDED)' > $@
$(BUILD)/gen/embed.c: $(EMBEDDED) compiler/support/embed.sh $(BUILD)/gen/embed.list $(BUILD)/web/stamp
	sh compiler/support/embed.sh $(EMBEDDED) $$(ls -d $(BUILD)/web/uplot/* 2>/dev/null) > $@.tmp && mv $@.tmp $@
-include $(shell find $(wildcard $(BUILD)/compiler $(BUILD)/runtime $(BUILD)/gen $(BUILD)/tests $(BUILD)/wasm32) -name '*.d' 2>/dev/null)

# Tests: one program a unit test, linked with both libraries; fuzz targets need OPT with -fsanitize=fuzzer-no-link (tests/run does that).
.PHONY: unit-tests fuzz-targets
unit-tests: $(UNIT_BIN) $(BUILD)/tests/oracle
fuzz-targets: $(FUZZ_BIN)
$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libsnnc.a $(BUILD)/lib/libsnnrt.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMPILER) -ffp-contract=off $(HDF5_CFLAGS) -Itests/unit -MMD -MP -MF $@.d -o $@ $< $(BUILD)/libsnnc.a $(BUILD)/lib/libsnnrt.a \
	    $(SNNC_LIBS) $(RT_LIBS) -lcmocka
# The interpreter that the optimised code is compared with.
$(BUILD)/tests/oracle: $(wildcard tests/sim/oracle/*.c tests/sim/oracle/*.h) $(BUILD)/libsnnc.a $(BUILD)/lib/libsnnrt.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMPILER) $(HDF5_CFLAGS) -pthread -o $@ $(filter %.c %.a,$^) $(SNNC_LIBS) $(RT_LIBS)
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libsnnc.a $(BUILD)/lib/libsnnrt.a
	@mkdir -p $(@D)
	$(CLANG) $(CFLAGS_COMPILER) -fsanitize=fuzzer -MMD -MP -MF $@.d -o $@ $< $(BUILD)/libsnnc.a $(BUILD)/lib/libsnnrt.a $(SNNC_LIBS) $(RT_LIBS)

# Each of these first sees to its packages, then starts make again, so that llvm-config and pkg-config are asked after they are there.
.PHONY: check test demo docs examples bench golden-update
check:   ## the quick tests (unit, lang, golden, docs, layering), under two minutes
	@$(MAKE) --no-print-directory deps NEED='$(BUILD_PACKAGES) python3'
	@$(MAKE) --no-print-directory $(PARALLEL) all unit-tests
	@$(PYTHON) tests/run --build $(BUILD) unit lang golden docs layering
test:   ## all tests (TEST_SUITES='lang sim' for some of them)
	@$(MAKE) --no-print-directory deps NEED='$(BUILD_PACKAGES) $(TEST_PACKAGES)'
	@$(MAKE) --no-print-directory $(PARALLEL) all unit-tests
	@$(PYTHON) tests/run --build $(BUILD) $(TEST_SUITES)
demo:   ## run the main example on real input and draw its picture
	@$(MAKE) --no-print-directory deps NEED='$(BUILD_PACKAGES) $(DEMO_PACKAGES)'
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@sh examples/demo.sh $(BUILD)
docs:   ## the documentation as a folder of pages, build/docs; every link is followed
	@$(MAKE) --no-print-directory deps NEED='$(BUILD_PACKAGES) $(DOCS_PACKAGES)'
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@$(PYTHON) docs/site/build.py --snnc $(BUILD)/bin/snnc $(BUILD)/docs
examples:   ## run the examples and draw their pictures anew (EXAMPLES='hh coba' for some of them)
	@$(MAKE) --no-print-directory deps NEED='$(BUILD_PACKAGES) $(DEMO_PACKAGES)'
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@$(PYTHON) examples/pictures.py --build $(BUILD) $(EXAMPLES)
bench:   ## measure against Brian2 and a hand-written C program; writes docs/performance.md and docs/engines.md (BENCH_OPTIONS=--full adds the microcircuit)
	@$(MAKE) --no-print-directory deps NEED='$(BUILD_PACKAGES) $(BENCH_PACKAGES)'
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@$(PYTHON) tests/bench/bench.py --build $(BUILD) $(BENCH_OPTIONS)
	@$(PYTHON) tests/bench/events.py --build $(BUILD) --write
golden-update: all   ## rewrite the printed IRs of tests/golden from what the compiler prints now
	@$(PYTHON) tests/run --build $(BUILD) --update golden

.PHONY: deps
NEED ?= $(BUILD_PACKAGES) $(TEST_PACKAGES) $(DEMO_PACKAGES) $(DOCS_PACKAGES) $(BENCH_PACKAGES)
deps:   ## install missing Debian packages (as root or with sudo), else print the command
	@command -v dpkg-query >/dev/null || { echo "not a Debian system: install what corresponds to $(NEED)"; exit 0; }; \
	missing=$$(for p in $(sort $(NEED)); do \
	    dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || printf '%s ' $$p; done); \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ]; then root=env; elif sudo -n true 2>/dev/null; then root=sudo; else \
	    echo "These packages are missing. Install them with"; \
	    echo "    sudo apt-get install -y --no-install-recommends $$missing"; exit 1; fi; \
	echo "installing $$missing"; \
	$$root apt-get -o DPkg::Lock::Timeout=300 -q update && \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q install -y --no-install-recommends $$missing

.PHONY: install clean help FORCE
install: all   ## install under PREFIX (default /usr/local)
	install -D -m 755 $(BUILD)/bin/snnc $(DESTDIR)$(PREFIX)/bin/snnc
	install -D -m 644 $(BUILD)/lib/libsnnrt.a $(DESTDIR)$(PREFIX)/lib/libsnnrt.a
	for f in $(notdir $(WASM_LIB)); do install -D -m 644 $(BUILD)/lib/wasm32/$$f $(DESTDIR)$(PREFIX)/lib/wasm32/$$f; done
clean:   ## remove what was built
	rm -rf $(BUILD)
help:   ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 16
