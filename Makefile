# Everything a person or a machine runs. `make demo` is the way in.

TARGET  := x86_64-unknown-linux-gnu
BIN     := target/$(TARGET)/release/sehat
# Linked statically, because a lab machine has a root file system of its own.
STATIC  := CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C target-feature=+crt-static"
DEMO    := platforms/health-infraops

.PHONY: build prepare release demo test test-full lint bench clean

build:
	$(STATIC) cargo build --locked --release --target $(TARGET) -p sehat

# Installs what the lab needs on this machine, and builds the root that its machines share.
prepare: build
	sh scripts/prepare.sh
	$(BIN) lab prepare $(DEMO) --env production

release: build
	mkdir -p target/release-files
	cp $(BIN) target/release-files/sehat
	file target/release-files/sehat 2>/dev/null || true
	cd target/release-files && sha256sum sehat > sehat.sha256 && cat sehat.sha256

demo: build
	sh scripts/demo.sh $(BIN) $(DEMO)

test: build
	sh scripts/test.sh

test-full: build
	SEHAT_TEST_FULL=1 sh scripts/test.sh

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo xtask tidy

bench: build
	$(STATIC) cargo build --locked --release --target $(TARGET) -p sehat-lab-linux --example bench
	sh scripts/bench.sh $(BIN) $(DEMO) $(PARTS)
	sh scripts/bench-files.sh $(BIN)

clean:
	cargo clean
