# SPDX-License-Identifier: MIT
# Phosphene's build. `make help` lists the targets.

CC       ?= gcc
PREFIX   ?= /usr/local
DESTDIR  ?=
SANITIZE ?=
FROM     ?=
WERROR   ?= $(if $(CI),-Werror)
# V=1 shows the commands.
V        ?=
Q        := $(if $(V),,@)

# Each sanitized build lives in a folder of its own beside the ordinary one: build/address,undefined.
BUILD := build$(if $(SANITIZE),/$(SANITIZE))

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wwrite-strings -Wvla \
            -Wdouble-promotion $(WERROR)
# gcc's OpenMP shares its runtime with oneDNN's; clang's would bring a second one, so there the loops run serially.
OPENMP    = $(if $(findstring clang,$(shell $(CC) --version)),-fopenmp-simd,-fopenmp)
LIBRARIES := lua5.4 fftw3f libcjson zlib libjpeg libwebp libwebpdemux sqlite3 libprotobuf-c stb libedit
CFLAGS   ?= -O3 -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -fPIC -fvisibility=hidden -fno-math-errno -fno-trapping-math $(OPENMP) \
             $(WARNINGS) $(CFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer) \
             $(shell pkg-config --cflags $(LIBRARIES)) -Isrc -Isrc/core -I$(BUILD)/gen
# Our module must not carry Lua itself; the program links Debian's shared liblua5.4.
CORE_LIBS = $(shell pkg-config --libs fftw3f libcjson zlib libjpeg libwebp libwebpdemux sqlite3 libprotobuf-c) -ldnnl -lm
MAIN_LIBS = $(shell pkg-config --libs lua5.4 libedit)

CORE_SRC := $(wildcard src/core/*/*.c src/core/*/*/*.c src/core/*/*/*/*.c)
BIND_SRC := $(wildcard src/bind/*.c src/bind/*/*.c)
TEST_SRC := $(wildcard tests/unit/*/*.c)
BENCH_SRC := $(wildcard tests/bench/*.c)
# Each schema becomes a header and a source of structs, unpacked by protobuf-c.
SCHEMAS  := $(patsubst src/core/files/schema/%.proto,$(BUILD)/gen/%.pb-c,$(wildcard src/core/files/schema/*.proto))
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/obj/%.o) $(SCHEMAS:$(BUILD)/%=$(BUILD)/obj/%.o)
BIND_OBJ := $(BIND_SRC:%.c=$(BUILD)/obj/%.o)
MAIN_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard src/*.c))
TESTS    := $(TEST_SRC:tests/unit/%.c=$(BUILD)/tests/%)
SPECS    := $(sort $(wildcard tests/spec/*/*_spec.lua))
BENCHES  := step precision share scaling start busy scan

.DEFAULT_GOAL := all
.PHONY: all deps deps-lint always test unit spec conformance conformance-networks conformance-state-dicts \
        conformance-lucid conformance-examples conformance-tensorflow mutants attack fuzz test-distributions \
        bench-distributions demo figures bench bench-peers bench-networks docs lint format check-format check-paths install uninstall install-weights weights deb clean help

all: $(BUILD)/phosphene $(BUILD)/lua/phosphene/core.so ## build the program and the Lua module

# ---- what the build needs ----

# The same names in Debian 12, 13 and testing.
PACKAGES := gcc libc6-dev pkgconf liblua5.4-dev lua5.4 libdnnl-dev libfftw3-dev libstb-dev libcjson-dev \
            libedit-dev zlib1g-dev libjpeg-dev libwebp-dev libsqlite3-dev libprotobuf-c-dev protobuf-compiler \
            protobuf-c-compiler lua-busted fonts-dejavu-core perl
PACKAGES_LINT := lua-check clang clang-format

deps: ## install the missing Debian packages (as root; else say which)
	@scripts/need $(PACKAGES)
	@CFLAGS='$(CFLAGS)' scripts/check-system '$(CC)' $(LIBRARIES)
deps-lint: ## the same for those that only lint and format need
	@scripts/need $(PACKAGES_LINT)

# ---- compiling ----

# What everything is compiled with. The file is written only when that changes, and all that depends on it is made anew.
$(BUILD)/flags: always | deps
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CFLAGS) $(LDFLAGS)' >$@.now; cmp -s $@.now $@ && rm $@.now || mv $@.now $@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(SCHEMAS:=.h)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  compile $<")
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/gen/%.pb-c.c $(BUILD)/gen/%.pb-c.h: src/core/files/schema/%.proto | deps
	@mkdir -p $(@D)
	$(if $(Q),@echo "  schema $<")
	$(Q)protoc --proto_path=$(<D) --c_out=$(@D) $<

# What protoc-gen-c writes is not held to our warnings.
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(if $(Q),@echo "  compile $<")
	$(Q)$(CC) $(filter-out $(WARNINGS),$(ALL_CFLAGS)) -c $< -o $@

# stb shifts bits into signs, which C17 leaves undefined and our compilers define.
$(BUILD)/obj/src/core/files/picture/png.o: private ALL_CFLAGS += -fno-sanitize=shift

$(BUILD)/phosphene: $(MAIN_OBJ) $(BIND_OBJ) $(CORE_OBJ)
	$(if $(Q),@echo "  link $@")
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -o $@ $(CORE_LIBS) $(MAIN_LIBS)

# nodelete: a Lua state that ends must not unload libraries whose threads still run.
$(BUILD)/lua/phosphene/core.so: $(BIND_OBJ) $(CORE_OBJ)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  link $@")
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-z,nodelete $^ -o $@ $(CORE_LIBS)

$(BUILD)/obj/tests/unit/%.o: private ALL_CFLAGS += -Itests/unit

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(CORE_OBJ)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  link $@")
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -o $@ $(CORE_LIBS)

$(BUILD)/bench/%.so: $(BUILD)/obj/tests/bench/%.o $(addprefix $(BUILD)/obj/src/core/,network/onednn/library.o base/error.o)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  link $@")
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared $^ -o $@ -ldnnl

.SECONDARY:
-include $(CORE_OBJ:.o=.d) $(BIND_OBJ:.o=.d) $(MAIN_OBJ:.o=.d) \
         $(TEST_SRC:%.c=$(BUILD)/obj/%.d) $(BENCH_SRC:%.c=$(BUILD)/obj/%.d)

compile_commands.json: Makefile ## for editors and clang tools
	@scripts/need bear
	$(MAKE) -B --no-print-directory BUILD=build/bear -n all >/dev/null
	bear --output $@ -- $(MAKE) -B BUILD=build/bear all

# ---- testing ----

# Stock Lua with the module, for scripts that are neither recipes nor specs.
LUA = LUA_PATH_5_4='lua/?.lua;lua/?/init.lua;tests/bench/?.lua;;' \
      LUA_CPATH_5_4='$(BUILD)/lua/?.so;$(BUILD)/bench/?.so;;' GOMP_SPINCOUNT=1000 lua5.4

# Specs run in stock Lua, sanitized ones with the sanitizer's runtime loaded before it.
export PHOSPHENE_TEST_PRELOAD := $(if $(findstring address,$(SANITIZE)),$(shell $(CC) -print-file-name=libasan.so))
export PHOSPHENE_TEST_BUILD := $(BUILD)
# use_tls=0: the scan of OpenMP's threads' storage crashes the leak checker itself.
export LSAN_OPTIONS := suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0:use_tls=0
export UBSAN_OPTIONS := halt_on_error=1:print_stacktrace=1

test: all $(TESTS) ## run every test; ends in one summary
	prove --exec tests/run $(TESTS) $(SPECS) tests/onnx/conformance.lua

unit: $(TESTS) ## only the C tests
	prove --exec tests/run $(TESTS)

spec: all ## only the Lua specs
	prove --exec tests/run $(SPECS)

mutants: all ## show that each change in tests/mutants/table.lua fails its test; ONLY="part of a name" for some
	@lua5.4 tests/mutants/run.lua

conformance-networks: all ## compare torchvision's networks, by way of ONNX, with PyTorch (downloads nothing; 2 GB of disk)
	@scripts/need python3-torchvision
	@$(LUA) tests/conformance/networks.lua $(BUILD)/networks

conformance-state-dicts: all ## compare torchvision's networks, by way of state dicts, with PyTorch (2 GB of disk)
	@scripts/need python3-torchvision
	@$(LUA) tests/conformance/state_dicts.lua $(BUILD)/state-dicts

conformance-lucid: all ## compare Lucid's default run, rebuilt in PyTorch, with ours (needs BVLC's weights)
	@scripts/need python3-torch
	@$(LUA) tests/peers/lucid.lua

conformance-examples: all ## the examples that a scan of photographs finds, against one that keeps everything (BVLC's weights)
	@$(LUA) tests/conformance/examples.lua

conformance: all ## ONNX's own test cases, outputs and gradients; says what was skipped and why
	@scripts/need libonnx-testdata
	@tests/run tests/onnx/conformance.lua >$(BUILD)/conformance.tap; status=$$?; \
	  grep -v '^ok' $(BUILD)/conformance.tap; exit $$status

conformance-tensorflow: all ## compare Inception 5h, imported from a TensorFlow graph, with PyTorch
	@scripts/need python3-torch
	prove --exec tests/run tests/tensorflow/conformance.lua

# One program for each format, tests/fuzz/FORMAT.lua: the same objects, made by clang for libFuzzer. What it finds it
# leaves in build/fuzz/FORMAT-found.
FUZZ_SECONDS ?= 600
FUZZ_FORMATS ?= $(filter-out prepare networks,$(patsubst tests/fuzz/%.lua,%,$(wildcard tests/fuzz/*.lua)))
fuzz: ## fuzz what opens files, FUZZ_SECONDS=600 for each format; FUZZ_FORMATS="onnx image"
	@scripts/need clang libclang-rt-dev
	$(MAKE) BUILD=build/fuzz CC=clang CFLAGS="-O1 -g -Wno-pass-failed" SANITIZE=fuzzer-no-link,address,undefined \
	  $(FUZZ_FORMATS:%=build/fuzz/fuzz/%)
	@for f in $(FUZZ_FORMATS); do \
	  mkdir -p build/fuzz/$$f-seeds build/fuzz/$$f-found; echo "fuzzing $$f for $(FUZZ_SECONDS) s"; \
	  build/fuzz/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -detect_leaks=0 -max_len=65536 \
	    -verbosity=0 -print_final_stats=1 -artifact_prefix=build/fuzz/$$f-found/ build/fuzz/$$f-seeds || exit 1; \
	done

# Damaged files, random calls, kills, interrupts, failing allocations: for SECONDS, the same again with SEED.
SECONDS ?= 300
SEED    ?=
attack: all $(BUILD)/attack/failing.so ## attack the program for SECONDS=300; SEED=n for the same attack again
	@LUA_PATH_5_4='$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$(CURDIR)/tests/?.lua;;' LUA_CPATH_5_4='build/lua/?.so;;' \
	  lua5.4 tests/attack/attack.lua $(CURDIR) $(CURDIR)/$(BUILD)/phosphene $(CURDIR)/$(BUILD)/attack/failing.so $(SECONDS) $(SEED)

$(BUILD)/attack/failing.so: tests/attack/failing.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(if $(Q),@echo "  link $@")
	$(Q)$(CC) $(ALL_CFLAGS) -fvisibility=default -fno-builtin -shared $< -o $@

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/fuzz.o $(BIND_OBJ) $(CORE_OBJ)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  link $@")
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -fsanitize=fuzzer $^ -o $@ $(CORE_LIBS) $(shell pkg-config --libs lua5.4)

DISTRIBUTIONS ?= bookworm trixie testing
test-distributions: ## build, test, package and install in clean trees of Debian (as root); DISTRIBUTIONS="trixie"
	@scripts/need debootstrap
	@scripts/distributions try $(DISTRIBUTIONS)
bench-distributions: ## in the trees that test-distributions left, measure the step against the first one's, in turn
	@scripts/distributions step $(DISTRIBUTIONS)

# ---- pictures, figures ----

demo: all ## render a contact sheet of units, shallow to deep, into out/
	@$(BUILD)/phosphene demo

figures: all ## render the figures into out/figures; FULL=1 on GoogLeNet, ONLY=name for one, IMAGE=photograph
	@$(BUILD)/phosphene figures $(if $(FULL),--full) $(if $(ONLY),--only '$(ONLY)') $(if $(IMAGE),--image '$(IMAGE)')

bench: all $(BENCH_SRC:tests/bench/%.c=$(BUILD)/bench/%.so) ## measure; ROUNDS=n for longer; writes build/bench/*.json
	@for b in $(BENCHES); do $(LUA) tests/bench/$$b.lua || exit 1; done

bench-peers: all ## measure against PyTorch (ROUNDS=n, STEPS=n), with the same weights
	@scripts/need python3-torch
	@mkdir -p $(BUILD)/bench
	@$(LUA) tests/bench/peers.lua

# NETWORKS=name … for some of them only.
bench-networks: all ## measure other people's networks against PyTorch (ROUNDS=n, NETWORKS="name …")
	@scripts/need python3-torch python3-torchvision
	@mkdir -p $(BUILD)/bench
	@$(LUA) tests/bench/networks.lua $(BUILD)/networks $(NETWORKS)

# ---- keeping the house ----

docs: all ## write the reference: annotations in lua/phosphene/meta from the types in src/core, docs/api.md from all of them
	$(BUILD)/phosphene docs/types.lua
	$(BUILD)/phosphene docs/api.lua > $(BUILD)/api.md
	mv $(BUILD)/api.md docs/api.md

lint: deps-lint check-format $(SCHEMAS:=.h) ## the architecture's rules, luacheck, formatting, headers alone
	@tests/lint $(BUILD)/gen
	@luacheck -q lua scripts tests docs

SOURCES = $(shell find src tests -name '*.[ch]')
format: deps-lint ## rewrite the C sources in the house style
	clang-format -i $(SOURCES)
check-format: deps-lint ## say where the C sources are not in it
	@clang-format --dry-run -Werror $(SOURCES)

# ---- installing ----

# Lua's files lie where Lua of the same PREFIX looks for modules; LUA_C is where it looks for those in C.
LUA_C  ?= $(PREFIX)/lib/lua/5.4
SHARE  := $(DESTDIR)$(PREFIX)/share
MANUAL := $(SHARE)/man/man1/phosphene.1
MODULE := $(DESTDIR)$(LUA_C)/phosphene
# What is installed under its own path, and the folder that it goes to: README.md and the pages keep their links.
LUA_FILES  = $(shell find lua -name '*.lua')
DATA_FILES = $(wildcard scripts/*.lua weights/*.safetensors) scripts/export.py
PAGES      = README.md LICENSE $(wildcard docs/*.md docs/images/*)

# Paths stand in rules and shell commands as they are, and Lua's search path knows ; and ? only as its own.
check-paths:
	@case '$(DESTDIR)$(PREFIX)$(LUA_C)' in *[[:space:]\;\?\"\`\*\(\)\&\<\>\|\#\\]*) \
	  echo "PREFIX and DESTDIR: spaces and any of ;?\"*()&<>|#\\ cannot stand in their paths" >&2; exit 1;; esac

install: check-paths all ## install the program, module, recipes, weights and pages under PREFIX
	install -D -m 755 $(BUILD)/phosphene $(DESTDIR)$(PREFIX)/bin/phosphene
	install -D -m 755 $(BUILD)/lua/phosphene/core.so $(MODULE)/core.so
	install -D -m 644 docs/phosphene.1 $(MANUAL)
	@for f in $(LUA_FILES:lua/%=%); do install -D -m 644 lua/$$f $(SHARE)/lua/5.4/$$f || exit 1; done
	@for f in $(DATA_FILES); do install -D -m 644 $$f $(SHARE)/phosphene/$$f || exit 1; done
	@for f in $(PAGES); do install -D -m 644 $$f $(SHARE)/doc/phosphene/$$f || exit 1; done

uninstall: check-paths ## remove what install put there, and no other file
	rm -f $(DESTDIR)$(PREFIX)/bin/phosphene $(MODULE)/core.so $(MANUAL)
	@rm -f $(LUA_FILES:lua/%=$(SHARE)/lua/5.4/%) $(DATA_FILES:%=$(SHARE)/phosphene/%) $(PAGES:%=$(SHARE)/doc/phosphene/%)
	@for d in $(MODULE) $(SHARE)/lua/5.4/phosphene $(SHARE)/phosphene $(SHARE)/doc/phosphene; do \
	  [ ! -d $$d ] || find $$d -depth -type d -empty -delete; done

# A file that a run may have open is replaced by renaming, never written over.
WEIGHTS_HOME = $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/phosphene/weights
install-weights: ## copy weights from FROM=file-or-folder to where networks are looked up
	@test -n "$(FROM)" || { echo "usage: make install-weights FROM=file.safetensors" >&2; exit 1; }
	@mkdir -p "$(WEIGHTS_HOME)"
	@if [ -d "$(FROM)" ]; then set -- "$(FROM)"/*.safetensors; else set -- "$(FROM)"; fi; for f; do \
	  part="$(WEIGHTS_HOME)/.$${f##*/}.part"; echo "$$f -> $(WEIGHTS_HOME)"; \
	  cp "$$f" "$$part" && mv -f "$$part" "$(WEIGHTS_HOME)/$${f##*/}" || { rm -f "$$part"; exit 1; }; \
	done

deb: all ## make build/phosphene_VERSION_ARCHITECTURE.deb, Debian's package
	@scripts/need dpkg-dev
	+@MAKE='$(MAKE)' scripts/make-deb $(BUILD)

NAME ?= inception5h
weights: all ## fetch published weights, NAME=inception5h or bvlc_googlenet; FROM=file takes a local one
	@scripts/need curl unzip
	@$(BUILD)/phosphene weights fetch $(NAME) $(if $(FROM),--from '$(FROM)')

clean: ## remove everything that was built
	rm -rf build out compile_commands.json

help: ## this list
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## / { printf "  %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
