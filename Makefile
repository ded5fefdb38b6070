# msg: see `make help`. Whatever needs root is run through sudo where make isn't root.
PREFIX ?= /usr/local
DESTDIR ?=

SWIFT ?= swift
# How long `make soak` goes on: until either is reached.
MESSAGES ?= 100000
MINUTES ?= 30
ifneq ($(shell id -u),0)
SUDO := sudo --preserve-env=RIG_NAME,RIG_RESULTS
endif
# Where `make` puts the programs, and `make install` takes them from.
BUILT ?= .build/release
# The programs say it; packaging/check compares what else does.
VERSION := $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/MessengerContract/Messenger.swift)

# How the programs are linked. Most of the time of a message is that of msg's start, and most of that the dynamic linker's:
# - the C++ library that Swift's runtime needs comes into the program, as far as it is used, and is found first in a folder of
#   its own: loaded beside the program, it would double the symbols that are looked up (by 1600);
# - nobody loads symbols from a program, and what isn't exported need not be kept;
# - relative relocations are packed, where this C library can read that (2.36 or later), else they take a megabyte of the file;
# - with all symbols looked up at the start, what leads to functions can't be changed afterwards.
# lld and clang come with Swift.
CLANG := $(firstword $(wildcard $(dir $(shell command -v $(SWIFT)))clang) clang)
GLIBC := $(lastword $(shell getconf GNU_LIBC_VERSION 2>/dev/null))
PACKED := $(if $(and $(GLIBC),$(filter 2.36,$(shell printf '%s\n' 2.36 $(GLIBC) | sort -V | head -n 1))),-z pack-relative-relocs)
LINK := -Xswiftc -use-ld=lld -Xswiftc -L.build/runtime -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
  $(addprefix -Xlinker ,--no-export-dynamic -s -z now $(PACKED))
RIG := $(SUDO) Tests/System/rig

bindir := $(PREFIX)/bin
libexecdir := $(PREFIX)/libexec
# Wherever the programs are, systemd, the bus and desktops look here for what belongs to them.
system := $(if $(filter /usr,$(PREFIX)),/usr,/usr/local)
unitdir := $(system)/lib/systemd/system
sysusersdir := $(system)/lib/sysusers.d
catalogdir := $(system)/lib/systemd/catalog
interfacesdir := $(system)/share/dbus-1/interfaces
servicesdir := $(system)/share/dbus-1/system-services
# The one folder that the bus doesn't look for in /usr/local.
policydir := $(if $(filter /usr,$(PREFIX)),/usr/share,/etc)/dbus-1/system.d
# polkit before version 124 looks for its actions nowhere else.
actionsdir := /usr/share/polkit-1/actions
applicationsdir := $(system)/share/applications
# Plasma 5 and Plasma 6.
notifyrcdirs := $(system)/share/knotifications5 $(system)/share/knotifications6
localedir := $(PREFIX)/share/locale

mandir := $(PREFIX)/share/man
bashdir := $(PREFIX)/share/bash-completion/completions
zshdir := $(PREFIX)/share/zsh/site-functions
fishdir := $(PREFIX)/share/fish/vendor_completions.d
# The administrator's: kept when it is there already, and when it is changed.
CONFIG := /etc/msgd.conf

# The other programs that msg is, told apart by the name by which it is started.
LINKS := net-send query-session
# Where each page and each program's completions are installed.
PAGES := $(foreach page,$(wildcard docs/*.[1-9]),$(mandir)/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))
COMPLETIONS := $(foreach program,msg $(LINKS),\
  $(bashdir)/$(program) $(zshdir)/_$(program) $(fishdir)/$(program).fish)

# Translations of what stands on popups.
CATALOGS := $(patsubst %,$(localedir)/%/LC_MESSAGES/msgd.mo,$(shell cat po/LINGUAS))

# Everything that `make install` writes, but for $(CONFIG).
INSTALLED := \
  $(CATALOGS) \
  $(COMPLETIONS) \
  $(LINKS:%=$(bindir)/%) \
  $(PAGES) \
  $(actionsdir)/org.msgd.policy \
  $(applicationsdir)/org.msgd.Messenger1.desktop \
  $(bindir)/msg \
  $(catalogdir)/msgd.catalog \
  $(interfacesdir)/org.msgd.Messenger1.xml \
  $(libexecdir)/msgd \
  $(libexecdir)/msgd-connect \
  $(notifyrcdirs:%=%/msgd.notifyrc) \
  $(policydir)/org.msgd.Messenger1.conf \
  $(servicesdir)/org.msgd.Messenger1.service \
  $(sysusersdir)/msgd.conf \
  $(unitdir)/msgd.service \
  $(unitdir)/msgd-connect.service \
  $(unitdir)/msgd-connect.socket

# The folders of these that a Linux without msg need not have, inner ones first.
FOLDERS := \
  $(interfacesdir) $(servicesdir) $(system)/share/dbus-1 \
  $(unitdir) $(catalogdir) $(system)/lib/systemd $(sysusersdir) $(libexecdir) \
  $(mandir)/man1 $(mandir)/man5 $(mandir)/man8 \
  $(bashdir) $(PREFIX)/share/bash-completion $(zshdir) $(PREFIX)/share/zsh $(fishdir) $(PREFIX)/share/fish \
  $(actionsdir) /usr/share/polkit-1 $(applicationsdir) $(notifyrcdirs) \
  $(CATALOGS:%/msgd.mo=%) $(CATALOGS:%/LC_MESSAGES/msgd.mo=%) $(localedir) \
  $(if $(filter /usr /usr/local,$(PREFIX)),,$(bindir) $(mandir) $(PREFIX)/share $(PREFIX))

BUILD_PACKAGES := gettext libdbus-1-dev libglib2.0-dev pkg-config
TEST_PACKAGES := \
  apparmor dbus debian-archive-keyring desktop-file-utils gcc groff-base iproute2 libnotify-bin libxml2-utils man-db mandoc mmdebstrap python3 \
  python3-dbusmock python3-gi python3-pytest shellcheck systemd-container
# Building packages, and checking them.
PACKAGING_PACKAGES := build-essential debhelper libarchive-tools lintian makepkg pacman-package-manager rpm rpmlint

.NOTPARALLEL:
.PHONY: all bench catalogs clean completions deb demo deps desktops dist docs fuzz help install lint packages sanitize soak swift test uninstall

# SwiftPM makes the folder of what it builds, and takes no other for it.
all: swift packages
	@mkdir -p .build/runtime && ln -sf "$$($(CLANG) -print-file-name=libstdc++.a)" .build/runtime
	$(SWIFT) build -c release --static-swift-stdlib --disable-local-rpath -Xswiftc -warnings-as-errors $(LINK)
	$(MAKE) --no-print-directory $(BUILT)/msgd-connect catalogs completions

# The program that may become other users is C alone, and needs nothing but the C library.
# Who gives flags, as tools that build packages do, gives those of the system's compiler, and may have a level of
# fortification.
ifeq ($(origin CC),default)
CC := $(if $(CPPFLAGS)$(CFLAGS)$(LDFLAGS),cc,$(CLANG))
endif
CFLAGS ?= -O2
LDFLAGS ?= -s
FORTIFY := $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
CONNECT := $(wildcard Sources/msgd-connect/*.c) $(addprefix Sources/CConnect/,answer.c check.c) Sources/CDescriptors/descriptors.c
CONNECT_INCLUDE := Sources/CConnect/include Sources/CDescriptors/include
%/msgd-connect: $(CONNECT) $(wildcard Sources/msgd-connect/*.h $(CONNECT_INCLUDE:%=%/*.h))
	@mkdir -p $(@D)
	$(CC) -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror $(FORTIFY) -fstack-protector-strong -fPIE \
	  $(CPPFLAGS) $(CFLAGS) $(CONNECT_INCLUDE:%=-I%) -o $@ $(CONNECT) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

# What shells offer, as each program writes it under its own name, and mended.
completions:
	@set -e; for program in msg $(LINKS); do \
	  [ $$program = msg ] || ln -sf msg $(BUILT)/$$program; \
	  for shell in bash zsh fish; do \
	    mkdir -p $(BUILT)/completions/$$shell; \
	    $(BUILT)/$$program --generate-completion-script $$shell >$(BUILT)/completions/raw; \
	    sed -f docs/completions/repair.sed $(BUILT)/completions/raw >$(BUILT)/completions/$$shell/$$program; \
	  done; \
	  sed "s/@program@/$$program/g" docs/completions/words.bash >>$(BUILT)/completions/bash/$$program; \
	done; \
	rm $(BUILT)/completions/raw

catalogs:
	@set -e; for language in $$(cat po/LINGUAS); do \
	  mkdir -p $(BUILT)/locale; \
	  msgfmt --check-format --output-file=$(BUILT)/locale/$$language.mo po/$$language.po; \
	done

# The man pages and docs/DBUS.md: the programs' options and the interface go into docs/*.in.
docs: swift packages
	$(SWIFT) build --product msg
	$(SWIFT) build --product msgd
	docs/generate .build/debug

help:
	@echo 'make            build msg and msgd (Swift 6.1 or later; make deps installs the rest)'
	@echo 'make install    install what was built; DESTDIR and PREFIX (/usr/local, /usr, /opt/msg …) are honoured'
	@echo 'make deb        build a package for Debian, with its own tools: .build/deb/msg_*.deb; in packaging: for RPM and Arch'
	@echo 'make dist       put the source into a tarball, .build/dist/msg-$(VERSION).tar.gz'
	@echo 'make uninstall  take away everything that make install brought, and the user msgd'
	@echo 'make demo       show it: messages on the desktops of a throw-away machine, and demo.png'
	@echo 'make test       lint, unit tests, tests on a private bus, and system tests in a throw-away machine'
	@echo 'make desktops   check what each desktop makes of messages, and write docs/DESKTOPS.md'
	@echo 'make docs       write the man pages and docs/DBUS.md anew, after a change of options, the interface or docs/*.in'
	@echo 'make bench      compare msg with notify-send and others, up to 1000 desktops: docs/BENCHMARKS.md; SESSIONS=100 for less'
	@echo 'make fuzz       feed made-up input to every parser of what comes from outside, SECONDS=60 to each'
	@echo 'make sanitize   unit tests with ThreadSanitizer, then with AddressSanitizer'
	@echo 'make soak       send 100000 messages, or for 30 minutes, in a machine full of trouble; MESSAGES=4000 MINUTES=5 for less'
	@echo 'make lint       check sources, scripts, XML and the hardening of the service'
	@echo 'make deps       install the packages that building and testing need (Debian, Ubuntu)'
	@echo 'make clean      remove what was built'

# --- building and testing --------------------------------------------------------------------------------------------

swift:
	@command -v $(SWIFT) >/dev/null || { echo 'Swift 6.1 or later is needed: https://www.swift.org/install/linux' >&2; exit 1; }

packages:
	@pkg-config --exists dbus-1 gio-unix-2.0 && command -v msgfmt >/dev/null || { echo 'missing: $(BUILD_PACKAGES). Install them, or run: make deps' >&2; exit 1; }

deps:
	@if ! command -v apt-get >/dev/null; then \
	  echo 'no apt-get here; please see to the equivalents of: $(BUILD_PACKAGES) $(TEST_PACKAGES) $(PACKAGING_PACKAGES)' >&2; \
	  exit 0; \
	fi; \
	missing=; \
	for package in $(BUILD_PACKAGES) $(TEST_PACKAGES) $(PACKAGING_PACKAGES); do \
	  dpkg-query --show --showformat='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed || \
	    missing="$$missing $$package"; \
	done; \
	[ "$$missing" ] || exit 0; \
	echo "installing$$missing"; \
	$(SUDO) apt-get update -qq </dev/null || echo 'apt-get update failed; trying without' >&2; \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive \
	  apt-get install -qq --no-install-recommends $$missing </dev/null >/dev/null

# Ten times what systemd may say of each program's exposure.
EXPOSURES := msgd:4 msgd-connect:16
# Outside of the path of who isn't root.
APPARMOR_PARSER := $(firstword $(wildcard /usr/sbin/apparmor_parser /sbin/apparmor_parser) apparmor_parser)

lint: swift
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Examples/Package.swift Examples/Sources Sources Tests
	desktop-file-validate dbus/org.msgd.Messenger1.desktop
	@for language in $$(cat po/LINGUAS); do \
	  msgfmt --check-format --output-file=/dev/null po/$$language.po && msgcmp po/$$language.po po/msgd.pot || exit; \
	done
	xmllint --nonet --noout dbus/*.xml dbus/org.msgd.*.conf
	xmllint --nonet --noout --dtdvalid /usr/share/xml/dbus-1/introspect.dtd dbus/*.xml
	xmllint --nonet --noout $(addprefix --dtdvalid ,$(wildcard /usr/share/polkit-1/policyconfig-1.dtd)) dbus/org.msgd.policy
	grep -rlE --exclude-dir=.build '^#!/bin/(ba)?sh' .ci Examples Tests | xargs shellcheck
	{ find Examples/python Tests docs -name '*.py'; grep -rl '^#!/usr/bin/python3' Tests/Benchmarks Tests/System docs packaging; } | xargs python3 -c \
	  'import ast, sys; [ast.parse(open(name).read(), name) for name in sys.argv[1:]]'
	docs/generate --check
	docs/links
	packaging/check
	@report=$$(rpmlint --strict -r packaging/rpmlintrc packaging/msg.spec) || { echo "$$report" >&2; exit 1; }
	rpmspec --parse packaging/msg.spec >/dev/null
	shellcheck --shell=bash --exclude=SC2034,SC2154,SC2164 packaging/PKGBUILD
	shellcheck debian/msg.postinst debian/msg.prerm debian/msg.postrm
	@for page in docs/*.[1-9]; do \
	  mandoc -Tlint -Wwarning $$page || exit; \
	  ! man --warnings=w -l -Tutf8 $$page 2>&1 >/dev/null | grep . || exit; \
	done
	@folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && \
	for limit in $(EXPOSURES); do \
	  unit=$$folder/$${limit%:*}.service && \
	  sed 's|@libexecdir@|/usr/libexec|; s|@localedir@|/usr/share/locale|' dbus/$${limit%:*}.service.in >"$$unit" && \
	  { systemd-analyze security --offline=true --no-pager --threshold=$${limit#*:} "$$unit" >"$$folder/report" || \
	    { cat "$$folder/report" >&2; exit 1; }; } && tail -n 1 "$$folder/report" || exit; \
	done
	$(APPARMOR_PARSER) --skip-kernel-load --skip-cache packaging/apparmor/*

test: deps lint
	$(SWIFT) test -Xswiftc -warnings-as-errors
	$(MAKE) --no-print-directory fuzz SECONDS=10
	docs/generate --check .build/debug
	$(MAKE) --no-print-directory .build/debug/msgd-connect
	$(SUDO) env PATH="$$PATH" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider Tests/PrivateBus
	$(MAKE) --no-print-directory deb
	lintian --fail-on error,warning $(DEB)/*.changes
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider Tests/Packaging
	$(SWIFT) build --package-path Examples --static-swift-stdlib -Xswiftc -warnings-as-errors
	$(RIG) package
	$(SUDO) env RIG_PACKAGE=yes Tests/System/rig test test_readme.py
	$(RIG) test

SECONDS ?= 60
# The linker complains of names of AddressSanitizer's that it need not export.
fuzz: swift packages
	@mkdir -p .build
	@MSG_FUZZ=1 $(SWIFT) build --product Fuzz --scratch-path .build/fuzz --sanitize=fuzzer --sanitize=address \
	  -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp -Xswiftc -warnings-as-errors \
	  >.build/fuzz.log 2>&1 || { cat .build/fuzz.log >&2; exit 1; }
	Tests/Fuzzing/run $(SECONDS)

# What they may pass over is in Tests/Sanitizers.
sanitize: deps
	TSAN_OPTIONS=suppressions=Tests/Sanitizers/races \
	  $(SWIFT) test --sanitize=thread --scratch-path .build/thread -Xswiftc -warnings-as-errors
	LSAN_OPTIONS=suppressions=Tests/Sanitizers/leaks \
	  $(SWIFT) test --sanitize=address --scratch-path .build/address -Xswiftc -warnings-as-errors

demo: deps all
	$(SUDO) Tests/System/demo

# What each desktop makes of messages: docs/DESKTOPS.md, and its pictures. DESKTOPS='gnome plasma' for these only.
TIMES ?= 5,12,70
DESKTOP_RESULTS = $${RIG_RESULTS:-.build/rig/results}
desktops: deps all
	$(SUDO) rm -f $(DESKTOP_RESULTS)/desktops.json
	$(RIG) conform --times=$(TIMES) $(DESKTOPS); status=$$?; \
	[ ! -e $(DESKTOP_RESULTS)/desktops.json ] || Tests/System/desktops-page $(DESKTOP_RESULTS) "$$(date +%F)"; exit $$status

# A smaller run leaves docs alone.
SESSIONS ?= 1000
ROUNDS ?= 5
BENCHMARKS := .build/benchmarks
bench: deps all
	@mkdir -p $(BENCHMARKS)/results && rm -f $(BENCHMARKS)/results/*
	$(SUDO) env PATH="$$PATH" PYTHONDONTWRITEBYTECODE=1 SESSIONS=$(SESSIONS) ROUNDS=$(ROUNDS) MESSAGES=$(MESSAGES) \
	  Tests/Benchmarks/bench $(BENCHMARKS)/results
	@$(RIG) boot && trap '$(RIG) stop' EXIT && { $(RIG) install && $(RIG) run desktops up alice; } >/dev/null && \
	$(RIG) run as-user alice /src/Tests/Benchmarks/own.py 20 >$(BENCHMARKS)/results/own-real.csv
	@PYTHONDONTWRITEBYTECODE=1 Tests/Benchmarks/page $(BENCHMARKS)/results $(if $(filter 1000,$(SESSIONS)),docs,$(BENCHMARKS))

soak: deps all
	@$(RIG) boot && trap '$(RIG) stop' EXIT && { $(RIG) install && $(RIG) run desktops up; } >/dev/null && \
	$(RIG) run env PYTHONDONTWRITEBYTECODE=1 /src/Tests/System/soak --messages $(MESSAGES) --minutes $(MINUTES)

clean:
	$(SUDO) rm -rf .build Examples/.build demo.png

# --- packages ----------------------------------------------------------------------------------------------------------

# A tarball with nothing of the day, the machine or the user in it: the same tree gives the same bytes, also when it comes from
# such a tarball, where everything but what was built is source.
DIST := .build/dist/msg-$(VERSION).tar
dist:
	@mkdir -p $(dir $(DIST)) && rm -f $(DIST)*
	@if [ -e .git ]; then git ls-files -z; \
	else find . -name '.build*' -prune -o -name Package.resolved -o -not -type d -printf '%P\0'; fi >$(DIST).files
	@time=$$(if [ -e .git ]; then git log -1 --format=@%ct; else stat --format=@%Y Makefile; fi) && \
	LC_ALL=C sort --zero-terminated $(DIST).files | tar --create --file=$(DIST) --format=ustar --null --no-recursion \
	  --verbatim-files-from --files-from=- --mode=u+rwX,go+rX,go-w --mtime=$$time --owner=0 --group=0 --numeric-owner \
	  --transform='flags=r;s|^|msg-$(VERSION)/|'
	@rm $(DIST).files && gzip -9 --no-name $(DIST) && echo $(DIST).gz

# Debian's tools write beside the source, so it is unpacked elsewhere; what was built is taken as it is.
DEB := .build/deb
deb: all dist
	@rm -rf $(DEB) && mkdir -p $(DEB) && tar --extract --file=$(DIST).gz --directory=$(DEB)
	cd $(DEB)/msg-$(VERSION) && env -u MAKEFLAGS BUILT='$(abspath $(BUILT))' DEB_BUILD_OPTIONS=noautodbgsym \
	  dpkg-buildpackage --build=binary --no-sign >../build.log 2>&1 || { cat ../build.log >&2; exit 1; }
	@ls $(DEB)/*.deb

# --- installing: nothing is compiled, nothing is written here ----------------------------------------------------------

ifneq ($(firstword $(filter-out /home/% /root/%,$(filter /%,$(PREFIX)))),$(PREFIX))
install uninstall: wrong-prefix
.PHONY: wrong-prefix
wrong-prefix:
	@echo 'PREFIX=$(PREFIX): it has to be a folder, outside of homes, which msgd does not see' >&2; exit 1
endif

# The user first: the bus and polkit read policies as soon as they are there, and ignore rules for users who are not.
install:
	@for program in msg msgd msgd-connect $(LINKS); do \
	  [ -x $(BUILT)/$$program ] || { echo "$(BUILT)/$$program is not there: run make first" >&2; exit 1; }; \
	done
	install -D -m 644 dbus/msgd.sysusers '$(DESTDIR)$(sysusersdir)/msgd.conf'
ifeq ($(DESTDIR),)
	systemd-sysusers '$(sysusersdir)/msgd.conf'
endif
	install -D -m 755 $(BUILT)/msg '$(DESTDIR)$(bindir)/msg'
	for program in $(LINKS); do ln -sf msg '$(DESTDIR)$(bindir)/'$$program || exit; done
	for program in msgd msgd-connect; do \
	  install -D -m 755 $(BUILT)/$$program '$(DESTDIR)$(libexecdir)/'$$program || exit; \
	done
	install -D -m 644 dbus/org.msgd.Messenger1.xml '$(DESTDIR)$(interfacesdir)/org.msgd.Messenger1.xml'
	install -D -m 644 dbus/org.msgd.policy '$(DESTDIR)$(actionsdir)/org.msgd.policy'
	install -D -m 644 dbus/org.msgd.Messenger1.conf '$(DESTDIR)$(policydir)/org.msgd.Messenger1.conf'
	install -D -m 644 dbus/msgd.catalog '$(DESTDIR)$(catalogdir)/msgd.catalog'
	install -D -m 644 dbus/org.msgd.Messenger1.service '$(DESTDIR)$(servicesdir)/org.msgd.Messenger1.service'
	for unit in msgd msgd-connect; do \
	  sed 's|@libexecdir@|$(libexecdir)|; s|@localedir@|$(localedir)|' dbus/$$unit.service.in | \
	    install -D -m 644 /dev/stdin '$(DESTDIR)$(unitdir)/'$$unit.service || exit; \
	done
	install -D -m 644 dbus/msgd-connect.socket '$(DESTDIR)$(unitdir)/msgd-connect.socket'
	sed 's|^Exec=|&$(bindir)/|' dbus/org.msgd.Messenger1.desktop | \
	  install -D -m 644 /dev/stdin '$(DESTDIR)$(applicationsdir)/org.msgd.Messenger1.desktop'
	for folder in $(notifyrcdirs); do install -D -m 644 dbus/msgd.notifyrc '$(DESTDIR)'$$folder/msgd.notifyrc || exit; done
	for language in $$(cat po/LINGUAS); do \
	  install -D -m 644 $(BUILT)/locale/$$language.mo '$(DESTDIR)$(localedir)/'$$language/LC_MESSAGES/msgd.mo || exit; \
	done
	for page in $(PAGES); do install -D -m 644 docs/$${page##*/} '$(DESTDIR)'$$page || exit; done
	for program in msg $(LINKS); do \
	  install -D -m 644 $(BUILT)/completions/bash/$$program '$(DESTDIR)$(bashdir)/'$$program && \
	  install -D -m 644 $(BUILT)/completions/zsh/$$program '$(DESTDIR)$(zshdir)/_'$$program && \
	  install -D -m 644 $(BUILT)/completions/fish/$$program '$(DESTDIR)$(fishdir)/'$$program.fish || exit; \
	done
	[ -e '$(DESTDIR)$(CONFIG)' ] || install -D -m 644 dbus/msgd.conf '$(DESTDIR)$(CONFIG)'
ifeq ($(DESTDIR),)
	[ ! -d /run/systemd/system ] || { systemctl daemon-reload && systemctl reload dbus && \
	  systemctl try-reload-or-restart msgd && systemctl try-restart msgd-connect; }
	! command -v journalctl >/dev/null || journalctl --update-catalog
endif

uninstall:
ifeq ($(DESTDIR),)
	[ ! -d /run/systemd/system ] || ! systemctl cat msgd >/dev/null 2>&1 || \
	  systemctl stop msgd msgd-connect.socket msgd-connect
endif
	rm -f $(INSTALLED:%='$(DESTDIR)%')
	@config='$(DESTDIR)$(CONFIG)'; \
	if cmp -s dbus/msgd.conf "$$config"; then rm "$$config"; \
	elif [ -e "$$config" ]; then echo "$$config has been changed, and stays"; fi
ifeq ($(DESTDIR),)
	for folder in $(FOLDERS); do [ ! -d $$folder ] || rmdir --ignore-fail-on-non-empty $$folder; done
	[ ! -d /run/systemd/system ] || { systemctl daemon-reload && systemctl reload dbus; }
	rm -rf /var/lib/msgd
	! command -v journalctl >/dev/null || journalctl --update-catalog
	for user in msgd msgd-connect; do \
	  ! getent passwd $$user >/dev/null || userdel $$user; ! getent group $$user >/dev/null || groupdel $$user; \
	done
else
	cd '$(DESTDIR)' && for file in $(INSTALLED:/%=%) $(CONFIG:/%=%); do \
	  [ ! -d $${file%/*} ] || rmdir --parents --ignore-fail-on-non-empty $${file%/*}; done
endif
