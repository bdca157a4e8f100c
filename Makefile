# The front door for those who develop. Users need only scripts/demo and scripts/test.
#
# SPDX-License-Identifier: GPL-3.0-or-later

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: all demo test lint sanitize bench format plugin install deb screenshots clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD) --buildtype=debugoptimized --prefix=$(PREFIX)

demo:
	scripts/demo

test: all
	meson test -C $(BUILD) --print-errorlogs --no-rebuild

# The same tests under AddressSanitizer and UndefinedBehaviorSanitizer.
sanitize:
	[ -e $(BUILD)-sanitize/build.ninja ] || meson setup $(BUILD)-sanitize --buildtype=debugoptimized \
	  -Db_sanitize=address,undefined -Db_lundef=false
	ninja -C $(BUILD)-sanitize
	meson test -C $(BUILD)-sanitize --print-errorlogs --no-rebuild --timeout-multiplier 4

lint: all
	scripts/lint $(BUILD)

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

bench:
	[ -e $(BUILD)-release/build.ninja ] || meson setup $(BUILD)-release --buildtype=release
	ninja -C $(BUILD)-release
	$(BUILD)-release/bench/lehrgaenge-bench --program $(BUILD)-release/lehrgaenge --sim $(BUILD)-release/zms-sim \
	  --output $(BUILD)-release/bench.json

# The companion plugin as Moodle's plugin installer takes it (docs/MOODLE.md).
plugin: $(BUILD)/local_lehrgaenge.zip

$(BUILD)/local_lehrgaenge.zip: $(shell find moodle-plugin/lehrgaenge -type f)
	mkdir -p $(BUILD)
	rm -f $@
	python3 -m zipfile -c $@ moodle-plugin/lehrgaenge

# The prefix may be another than the one this was built for: it stands in the systemd unit and the configuration.
install: $(BUILD)/build.ninja
	meson configure $(BUILD) -Dprefix=$(PREFIX)
	ninja -C $(BUILD)
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

# The Debian package, as $(BUILD)/lehrgaenge-sync_VERSION_ARCH.deb.
deb:
	scripts/deb $(BUILD)

# The README's pictures of the pages (scripts/setup --browser installs what that takes).
screenshots: all
	LEHRGAENGE=$(abspath $(BUILD)/lehrgaenge) ZMS_SIM=$(abspath $(BUILD)/zms-sim) tests/browser/run --screenshots $(abspath docs/images)

clean:
	rm -rf $(BUILD) $(BUILD)-sanitize $(BUILD)-release
