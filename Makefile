# SPDX-License-Identifier: MIT
# Files are found by folder: adding one registers it. `make help` lists the targets.
BUILD   ?= build
PREFIX  ?= /usr/local
LLVM    ?= llvm-config-19
CC      ?= cc
CLANG   ?= clang-19
FLEX    ?= flex
BISON   ?= bison
HDF5_CFLAGS := $(shell pkg-config --cflags hdf5 2>/dev/null || pkg-config --cflags hdf5-serial 2>/dev/null)
HDF5_LIBS   := $(shell pkg-config --libs hdf5 2>/dev/null || pkg-config --libs hdf5-serial 2>/dev/null)
WARN    := -Wall -Wextra -Werror
OPT     ?= -O2 -g
CFLAGS  := -std=c17 -D_GNU_SOURCE $(WARN) $(OPT) $(EXTRA_CFLAGS)
# Floating point is fixed by definition: no contraction anywhere in the runtime.
RTFLAGS := $(CFLAGS) -ffp-contract=off -fno-math-errno -Iruntime/include -Iruntime -pthread
CFLAGS_COMPILER := $(CFLAGS) -Icompiler -Iruntime/include -Iruntime -I$(BUILD)/gen $(shell $(LLVM) --cflags 2>/dev/null | tr ' ' '\n' | grep -E '^-I' | sort -u)
RT_LIBS := $(HDF5_LIBS) -ljson-c -lcairo -lz -lm -lpthread
LLVM_LIBS := $(shell $(LLVM) --ldflags 2>/dev/null) -lLLVM-19

COMPILER_SRC := $(sort $(shell find compiler -name '*.c'))
RUNTIME_SRC  := $(sort $(shell find runtime/core runtime/host -name '*.c' ! -name '*.bc.c'))
BITCODE_SRC  := $(sort $(shell find runtime/core -name '*.bc.c'))
STDLIB_SRC   := $(sort $(shell find stdlib -name '*.snn'))

PARSER_OBJ := $(BUILD)/gen/parser.o $(BUILD)/gen/lexer.o
COMPILER_OBJ := $(COMPILER_SRC:%.c=$(BUILD)/%.o) $(PARSER_OBJ) $(BUILD)/gen/embed.o
RUNTIME_OBJ  := $(RUNTIME_SRC:%.c=$(BUILD)/%.o)
BITCODE      := $(BITCODE_SRC:%.bc.c=$(BUILD)/%.bc)
LIB_OBJ      := $(filter-out $(BUILD)/compiler/cli/main.o,$(COMPILER_OBJ))

.DEFAULT_GOAL := all
.PHONY: all
all: $(BUILD)/bin/snnc $(BUILD)/lib/libsnnrt.a

$(BUILD)/bin/snnc: $(BUILD)/compiler/cli/main.o $(BUILD)/libsnnc.a $(BUILD)/lib/libsnnrt.a
	@mkdir -p $(@D)
	$(CC) $(OPT) $(EXTRA_CFLAGS) -o $@ $^ $(LLVM_LIBS) $(RT_LIBS)
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
	$(CC) $(CFLAGS_COMPILER) -Wno-unused-function -Wno-sign-compare -MMD -MP -c -o $@ $<
$(BUILD)/compiler/%.o: compiler/%.c | $(BUILD)/gen/parser.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMPILER) $(HDF5_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(CC) $(RTFLAGS) $(HDF5_CFLAGS) -MMD -MP -c -o $@ $<
# Hot runtime code as bitcode, linked into each generated module and optimised with it.
$(BUILD)/runtime/%.bc: runtime/%.bc.c
	@mkdir -p $(@D)
	$(CLANG) -std=c17 -O2 -ffp-contract=off -fno-math-errno -Iruntime/include -Iruntime -MMD -MP -emit-llvm -c -o $@ $<
# The library and the bitcode ride inside the binary.
$(BUILD)/gen/embed.c: $(STDLIB_SRC) $(BITCODE) compiler/support/embed.sh
	@mkdir -p $(@D)
	sh compiler/support/embed.sh $(STDLIB_SRC) $(BITCODE) > $@.tmp && mv $@.tmp $@
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf $(BUILD)
