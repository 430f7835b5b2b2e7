# Builds, tests and installs libcelery_result. `make demo` needs Rust, a C compiler and make;
# `make test` installs or names everything else it needs (tests/setup).

CARGO  ?= cargo
CC     ?= cc
TARGET := $(or $(CARGO_TARGET_DIR),target)

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
ABI     := $(shell sed -n 's/^const ABI_VERSION: u32 = \([0-9]*\);/\1/p' build.rs)

RELEASE := $(TARGET)/release
SHARED  := $(RELEASE)/libcelery_result.so
STATIC  := $(RELEASE)/localised/libcelery_result.a
HEADER  := include/celery_result.h
EXPORTS := abi/exports.txt

.DELETE_ON_ERROR:
# Fuzzes each reader of records for FUZZ_SECONDS; wants a nightly toolchain.
FUZZ_SECONDS ?= 60

.PHONY: all shared static demo test deep fuzz header bench bench-pure lint install uninstall clean

all: shared static

# One crate type per build: with several in one build, cargo silently drops LTO.
shared:
	$(CARGO) rustc --locked --release --lib --crate-type cdylib
	ln -sf libcelery_result.so $(SHARED).$(ABI)

static:
	$(CARGO) rustc --locked --release --lib --crate-type staticlib -- \
	    --print native-static-libs=$(abspath $(RELEASE))/native-static-libs
	@$(MAKE) --no-print-directory $(STATIC)

# Only the C functions stay global, so that this archive and another one made by Rust can be
# linked into one program. Without --force-group-allocation the unwinder's section group would
# be shared between the two, and the first panic caught in one of them would crash. Left-over
# bitcode of the standard library makes an older LLVM's linker plugin abort.
$(STATIC): $(RELEASE)/libcelery_result.a $(EXPORTS)
	mkdir -p $(@D)
	ld -r --force-group-allocation --whole-archive $< -o $(@D)/celery_result.o
	objcopy --strip-debug --remove-section=.llvmbc --remove-section=.llvmcmd --remove-section=.llvm_addrsig \
	    --keep-global-symbols=$(EXPORTS) $(@D)/celery_result.o
	rm -f $@
	ar rcs $@ $(@D)/celery_result.o

demo: shared
	$(CC) -O2 -Wall -Wextra -Iinclude examples-c/quickstart.c -o $(RELEASE)/quickstart \
	    -L$(RELEASE) -lcelery_result -Wl,-rpath,$(abspath $(RELEASE)) -pthread
	$(RELEASE)/quickstart

test:
	tests/setup
	tests/run

deep:
	tests/setup
	tests/run --deep

fuzz:
	tests/setup
	fuzz/run --seconds $(FUZZ_SECONDS)

# The build script runs even where the crate does not compile yet.
header:
	out=$$($(CARGO) check --message-format=json \
	    | sed -n 's/.*"reason":"build-script-executed".*celery-result.*"out_dir":"\([^"]*\)".*/\1/p') \
	    && test -n "$$out" && mkdir -p include abi && cp "$$out/celery_result.h" $(HEADER)
	sed -e '/^CELERY_API$$/{N;s/\n/ /;}' $(HEADER) | grep -oE '^CELERY_API [^(]*\(' \
	    | sed 's/.*[ *]\(celery_[a-z0-9_]*\)($$/\1/' | LC_ALL=C sort > $(EXPORTS)

bench: shared
	benches/run

# The pure parts alone: reading records, the registry, the queue.
bench-pure:
	$(CARGO) bench --locked --bench codec --bench engine

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --no-default-features --lib -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --quiet

install: all
	install -d $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 $(HEADER) $(DESTDIR)$(PREFIX)/include/
	install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)/libcelery_result.so.$(VERSION)
	ln -sf libcelery_result.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libcelery_result.so.$(ABI)
	ln -sf libcelery_result.so.$(ABI) $(DESTDIR)$(LIBDIR)/libcelery_result.so
	install -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)/
	sed -e 's|@PREFIX@|$(shell realpath -m --relative-to=$(LIBDIR)/pkgconfig $(PREFIX))|' \
	    -e 's|@LIBDIR@|$(shell realpath -m --relative-to=$(PREFIX) $(LIBDIR))|' \
	    -e 's|@VERSION@|$(VERSION)|' \
	    -e "s|@NATIVE_LIBS@|$$(cat $(RELEASE)/native-static-libs)|" \
	    celery_result.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/celery_result.pc

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/include/celery_result.h \
	    $(DESTDIR)$(LIBDIR)/libcelery_result.so $(DESTDIR)$(LIBDIR)/libcelery_result.so.$(ABI) \
	    $(DESTDIR)$(LIBDIR)/libcelery_result.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libcelery_result.a \
	    $(DESTDIR)$(LIBDIR)/pkgconfig/celery_result.pc

clean:
	$(CARGO) clean
