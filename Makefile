# msg: `make help` lists the commands. README.md shows how to install; packaging/README.md is for packagers.
# What needs root runs through sudo, unless make is root already.

# --- where files are installed: packaging/manifest says which, and every folder can be set on the command line ---------
PREFIX ?= /usr/local
DESTDIR ?=
prefix = $(PREFIX)
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
sbindir = $(exec_prefix)/sbin
libexecdir = $(exec_prefix)/libexec
datarootdir = $(prefix)/share
datadir = $(datarootdir)
bridgedir = $(datadir)/msg-bridge
fleetdir = $(datadir)/msg-fleet
relaydir = $(datadir)/msg-relay
mandir = $(datarootdir)/man
localedir = $(datarootdir)/locale
bashdir = $(datadir)/bash-completion/completions
zshdir = $(datadir)/zsh/site-functions
fishdir = $(datadir)/fish/vendor_completions.d
# msgd.conf is there. Administrators look there, wherever the programs are.
sysconfdir = /etc

# systemd, the bus and desktops look in these folders only, wherever the programs are.
system = $(if $(filter /usr,$(prefix)),/usr,/usr/local)
unitdir = $(system)/lib/systemd/system
presetdir = $(system)/lib/systemd/system-preset
sysusersdir = $(system)/lib/sysusers.d
catalogdir = $(system)/lib/systemd/catalog
interfacesdir = $(system)/share/dbus-1/interfaces
servicesdir = $(system)/share/dbus-1/system-services
applicationsdir = $(system)/share/applications
notifyrcdirs = $(system)/share/knotifications5 $(system)/share/knotifications6
# The bus looks for policies in no folder of /usr/local, and polkit before version 124 looks for actions and rules only
# here and in /etc.
policydir = $(if $(filter /usr,$(prefix)),/usr/share,/etc)/dbus-1/system.d
actionsdir = /usr/share/polkit-1/actions
rulesdir = /usr/share/polkit-1/rules.d

# --- what is built ------------------------------------------------------------------------------------------------------
SWIFT ?= swift
# `make` puts the programs there, and `make install` takes them from there.
BUILT ?= .build/release
VERSION := $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/MessengerContract/Messenger.swift)
# What is installed: packaging/manifest lists the files of msg, packaging/manifest-bridge those of msg-bridge, and so on.
PACKAGES ?= msg msg-bridge msg-fleet msg-relay
# The other names of msg: the name by which it is started decides which program it is.
alias := msg-wall net-send query-session
program := msg $(alias)
language := $(shell cat po/LINGUAS)
section := $(sort $(patsubst .%,%,$(suffix $(wildcard docs/*.[1-9]))))
# What the manifest names.
NAMES := DESTDIR PACKAGES prefix bindir sbindir libexecdir mandir localedir bashdir zshdir fishdir bridgedir \
  fleetdir relaydir sysconfdir unitdir presetdir sysusersdir catalogdir interfacesdir servicesdir applicationsdir \
  notifyrcdirs policydir \
  actionsdir rulesdir BUILT alias program language section
INSTALLATION = $(foreach name,$(NAMES),$(name)='$($(name))') packaging/installation

# Linking decides how fast msg starts, because most of that time is the dynamic linker's. lld and clang come with Swift.
# - What Swift's runtime needs of the C++ library, found first in .build/runtime, goes into the program. If the library were
#   loaded beside it, 1600 more symbols would be looked up.
# - Symbols that nobody loads are not exported, and not kept.
# - Relative relocations are packed, which saves a megabyte, if this C library can read that (2.36 or later).
# - All symbols are looked up at the start. Then the table of functions can be made read-only.
CLANG := $(firstword $(wildcard $(dir $(shell command -v $(SWIFT)))clang) clang)
GLIBC := $(lastword $(shell getconf GNU_LIBC_VERSION 2>/dev/null))
PACKED := $(if $(and $(GLIBC),$(filter 2.36,$(shell printf '%s\n' 2.36 $(GLIBC) | sort -V | head -n 1))),-z pack-relative-relocs)
LINK := -Xswiftc -use-ld=lld -Xswiftc -L.build/runtime -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
  $(addprefix -Xlinker ,--no-export-dynamic -s -z now $(PACKED))

BUILD_PACKAGES := gettext libdbus-1-dev libglib2.0-dev libmosquitto-dev pkg-config
TEST_PACKAGES := apparmor dbus debian-archive-keyring desktop-file-utils gcc groff-base iproute2 libnotify-bin libxml2-utils \
  man-db mandoc mmdebstrap mosquitto mosquitto-clients openssh-client openssl python3 python3-dbusmock python3-gi \
  python3-pytest python3-pytest-xdist shellcheck systemd-container
# Debian starts the ssh server when it is installed, so the tests do without it, and only `make bench` installs it.
BENCH_PACKAGES := clustershell openssh-server pssh
PACKAGING_PACKAGES := build-essential debhelper libarchive-tools lintian makepkg pacman-package-manager rpm rpmlint

SUDO := $(if $(filter-out 0,$(shell id -u)),sudo --preserve-env=RIG_NAME --preserve-env=RIG_RELEASE --preserve-env=RIG_RESULTS)
RIG := $(SUDO) Tests/System/rig
# GLib's warnings become Python's, of a class that pytest-xdist can't name, and of which it dies.
PYTEST := PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -p no:warnings

.NOTPARALLEL:
.PHONY: all bench catalogs clean completions deb demo deps desktops dist docs fuzz help install lint manifest packages \
  sanitize soak swift test uninstall

all: swift packages ## build all programs (Swift 6.1 or later; make deps installs the rest)
	@mkdir -p .build/runtime && ln -sf "$$($(CLANG) -print-file-name=libstdc++.a)" .build/runtime
	$(SWIFT) build -c release --static-swift-stdlib --disable-local-rpath -Xswiftc -warnings-as-errors $(LINK)
	$(MAKE) --no-print-directory $(BUILT)/msgd-connect catalogs completions

# The program that may become other users is C alone, and needs nothing but the C library. Tools that build packages set
# CFLAGS and the like for the system's compiler, and may choose a level of fortification.
CC := $(if $(filter default,$(origin CC)),$(if $(CPPFLAGS)$(CFLAGS)$(LDFLAGS),cc,$(CLANG)),$(CC))
CFLAGS ?= -O2
LDFLAGS ?= -s
FORTIFY := $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
CONNECT := $(wildcard Sources/msgd-connect/*.c) $(addprefix Sources/CConnect/,answer.c check.c) Sources/CDescriptors/descriptors.c
CONNECT_INCLUDE := Sources/CConnect/include Sources/CDescriptors/include
%/msgd-connect: $(CONNECT) $(wildcard Sources/msgd-connect/*.h $(CONNECT_INCLUDE:%=%/*.h))
	@mkdir -p $(@D)
	$(CC) -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror $(FORTIFY) -fstack-protector-strong -fPIE \
	  $(CPPFLAGS) $(CFLAGS) $(CONNECT_INCLUDE:%=-I%) -o $@ $(CONNECT) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

catalogs:
	@mkdir -p $(BUILT)/locale
	@set -e; for language in $(language); do \
	  msgfmt --check-format --output-file=$(BUILT)/locale/$$language.mo po/$$language.po; done

completions:
	@docs/completions/generate $(BUILT) $(program)

swift:
	@command -v $(SWIFT) >/dev/null || { echo 'Swift 6.1 or later is needed: https://www.swift.org/install/linux' >&2; exit 1; }

packages:
	@pkg-config --exists dbus-1 gio-unix-2.0 libmosquitto && command -v msgfmt >/dev/null || \
	  { echo 'missing: $(BUILD_PACKAGES). Install them, or run: make deps' >&2; exit 1; }

# --- installing and packaging -------------------------------------------------------------------------------------------
install: ## install what was built; DESTDIR, PREFIX (/usr/local, /usr, /opt/msg …) and PACKAGES are honoured
	$(INSTALLATION) install

manifest: ## list the files that make install installs
	@$(INSTALLATION) list

# Debian's tools write beside the source, so it is unpacked elsewhere. What was built is taken as it is.
DEB := .build/deb
deb: all dist ## build packages for Debian, with its own tools: .build/deb/*.deb; in packaging: for RPM and Arch
	@rm -rf $(DEB) && mkdir -p $(DEB) && tar --extract --file=.build/dist/msg-$(VERSION).tar.gz --directory=$(DEB)
	cd $(DEB)/msg-$(VERSION) && env -u MAKEFLAGS BUILT='$(abspath $(BUILT))' DEB_BUILD_OPTIONS=noautodbgsym \
	  dpkg-buildpackage --build=binary --no-sign >../build.log 2>&1 || { cat ../build.log >&2; exit 1; }
	@ls $(DEB)/*.deb

dist: ## put the source into a tarball, .build/dist/msg-VERSION.tar.gz
	@packaging/dist $(VERSION)

uninstall: ## take away everything that make install brought, and the users
	$(INSTALLATION) uninstall

# --- testing ------------------------------------------------------------------------------------------------------------
demo: deps all ## show it: messages on the desktops of a throw-away machine, and demo.png
	$(SUDO) Tests/System/demo

# What has to do with the system bus: callers, polkit, the doctor, limits, connections that end.
ON_DBUS_BROKER := test_buses.py test_doctor.py test_limits.py

# Runs two commands at once, because tests of popups mostly wait. What the first prints comes when both have ended.
beside = (set -x; $(1)) >.build/beside.log 2>&1 & other=$$!; (set -x; $(2)); status=$$?; \
  wait $$other || status=1; cat .build/beside.log; exit $$status

# Settings of a second machine beside the first.
ON_ANOTHER = RIG_NAME=$${RIG_NAME:-msgrig}-desktops RIG_RESULTS=$${RIG_RESULTS:-$(CURDIR)/.build/rig/results}-desktops

# Root file systems that are built beside the tests on a private bus.
ROOTS ?= 13/root 13/root-plain 12/root 12/root-plain

test: deps lint ## lint, unit tests, tests on a private bus, and system tests in a throw-away machine
	$(SWIFT) test -Xswiftc -warnings-as-errors
	$(MAKE) --no-print-directory fuzz SECONDS=10 SEED=1
	docs/generate --check .build/debug
	$(MAKE) --no-print-directory .build/debug/msgd-connect
	@$(call beside,for root in $(ROOTS); do \
	  $(SUDO) env RIG_RELEASE=$${root%/*} RIG_ROOT=$${root#*/} Tests/System/rig build || exit; \
	done,$(SUDO) env PATH="$$PATH" $(PYTEST) -n 4 Tests/PrivateBus)
	$(MAKE) --no-print-directory deb
	lintian --fail-on error,warning $(DEB)/*.changes
	$(PYTEST) Tests/Packaging
	$(SWIFT) build --package-path Examples --static-swift-stdlib -Xswiftc -warnings-as-errors
	$(RIG) package
	RIG_RELEASE=12 $(RIG) package
	$(SUDO) env RIG_PACKAGE=yes Tests/System/rig test test_readme.py test_fleet_page.py
	@$(call beside,$(ON_ANOTHER) $(RIG) test test_desktops.py && $(ON_ANOTHER) RIG_RELEASE=12 $(RIG) test -m each_release, \
	  $(RIG) test --ignore=test_desktops.py && $(SUDO) env RIG_BUS=dbus-broker Tests/System/rig test $(ON_DBUS_BROKER))

TIMES ?= 5,12,70
DESKTOP_RESULTS = $${RIG_RESULTS:-.build/rig/results}
RELEASES ?= 13 12 testing
desktops: deps all ## check what each desktop makes of messages, and write docs/DESKTOPS.md; RELEASES=13 for one of Debian's
	@status=0; for release in $(RELEASES); do \
	  $(SUDO) rm -f $(DESKTOP_RESULTS)/desktops.json; \
	  RIG_RELEASE=$$release $(RIG) conform --times=$(TIMES) $(DESKTOPS) || status=$$?; \
	  [ ! -e $(DESKTOP_RESULTS)/desktops.json ] || Tests/System/desktops-page $(DESKTOP_RESULTS) "$$(date +%F)"; \
	done; exit $$status

docs: swift packages ## write the man pages and docs/DBUS.md anew, after a change of options, the interface or docs/*.in
	$(SWIFT) build --product msg
	$(SWIFT) build --product msgd
	docs/generate .build/debug

MESSAGES ?= 100000
SESSIONS ?= 1000
MACHINES ?= 10000
ROUNDS ?= 5
ONLY ?=
bench: deps all ## compare msg with notify-send, ssh and others: docs/BENCHMARKS.md; SESSIONS=100 MACHINES=100 for less
	@packaging/dependencies $(BENCH_PACKAGES)
	SESSIONS=$(SESSIONS) MACHINES=$(MACHINES) ROUNDS=$(ROUNDS) MESSAGES=$(MESSAGES) ONLY=$(ONLY) Tests/Benchmarks/run

SECONDS ?= 60
# Other than 0, it draws the same input again, so that a test fails for a change and not for a draw.
SEED ?= 0
# The linker complains about names of AddressSanitizer's that it need not export.
fuzz: swift packages ## feed made-up input to every parser of what comes from outside, SECONDS=60 to each
	@mkdir -p .build
	@MSG_FUZZ=1 $(SWIFT) build --product Fuzz --scratch-path .build/fuzz --sanitize=fuzzer --sanitize=address \
	  -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp -Xswiftc -warnings-as-errors \
	  >.build/fuzz.log 2>&1 || { cat .build/fuzz.log >&2; exit 1; }
	SEED=$(SEED) Tests/Fuzzing/run $(SECONDS)

# Tests/Sanitizers lists what they may pass over.
sanitize: deps ## unit tests with ThreadSanitizer, then with AddressSanitizer
	TSAN_OPTIONS=suppressions=Tests/Sanitizers/races \
	  $(SWIFT) test --sanitize=thread --scratch-path .build/thread -Xswiftc -warnings-as-errors
	LSAN_OPTIONS=suppressions=Tests/Sanitizers/leaks \
	  $(SWIFT) test --sanitize=address --scratch-path .build/address -Xswiftc -warnings-as-errors

MINUTES ?= 30
soak: deps all ## send 100000 messages, or for 30 minutes, in a machine full of trouble; MESSAGES=4000 MINUTES=5 for less
	@$(RIG) boot && trap '$(RIG) stop' EXIT && { $(RIG) install && $(RIG) run desktops up; } >/dev/null && \
	$(RIG) run env PYTHONDONTWRITEBYTECODE=1 /src/Tests/System/soak --messages $(MESSAGES) --minutes $(MINUTES)

lint: swift ## check sources, scripts, XML and the hardening of the service
	SWIFT='$(SWIFT)' Tests/Lint/run

deps: ## install the packages that building and testing need (Debian, Ubuntu)
	@packaging/dependencies $(BUILD_PACKAGES) $(TEST_PACKAGES) $(PACKAGING_PACKAGES)

clean: ## remove what was built
	$(SUDO) rm -rf .build Examples/.build demo.png

help:
	@sed -n 's/^all:/:/; s/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand --tabs=16
