"""The manifests in packaging: they alone decide what `make install` installs and `make uninstall` takes away."""

import os
import re
import shutil
from contextlib import closing

import pytest

from inotify import MOVED_TO, Watch
from source import BUILT, ROOT, run

PREFIXES = ("/usr", "/usr/local", "/opt/msg")
MANIFESTS = sorted((ROOT / "packaging").glob("manifest*"))
# What `make install` needs, but for what was built.
SOURCE = ("Makefile", "Sources/MessengerContract", "bridge", "dbus", "docs", "fleet", "packaging", "po")


def make(*words, source=ROOT, check=True, **variables):
    values = [f"{name}={value}" for name, value in variables.items()]
    return run("make", "--silent", *words, f"BUILT={BUILT}", *values, cwd=source, check=check)


def listed(**variables):
    return make("manifest", **variables).stdout.splitlines()


def files(folder):
    """What is installed in a folder, and the links."""
    return sorted(f"/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


@pytest.fixture
def source(tmp_path):
    """A source whose manifest may be changed."""
    folder = tmp_path / "source"
    for path in SOURCE:
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / path, folder / path)
    return folder


def add(source, line):
    with open(source / "packaging/manifest", "a") as manifest:
        manifest.write(f"{line}\n")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_it_lists_is_installed_and_taken_away(tmp_path, prefix):
    paths = listed(PREFIX=prefix)
    assert len(paths) == len(set(paths))
    make("install", DESTDIR=tmp_path, PREFIX=prefix)
    assert files(tmp_path) == sorted(paths)
    make("uninstall", DESTDIR=tmp_path, PREFIX=prefix)
    assert list(tmp_path.iterdir()) == []


def test_one_more_line_is_one_more_file(source, tmp_path):
    destination = tmp_path / "root"
    add(source, "600  dbus/msgd.notifyrc  @libexecdir@/more/")
    file = destination / "usr/libexec/more/msgd.notifyrc"
    assert "/usr/libexec/more/msgd.notifyrc" in make("manifest", source=source, PREFIX="/usr").stdout.splitlines()
    make("install", source=source, DESTDIR=destination, PREFIX="/usr")
    assert (file.stat().st_mode & 0o777, file.read_text()) == (0o600, (ROOT / "dbus/msgd.notifyrc").read_text())
    make("uninstall", source=source, DESTDIR=destination, PREFIX="/usr")
    assert list(destination.iterdir()) == []


def installed(destination, end):
    """Where the file with this end of a path is installed in a folder, and its path until it is complete."""
    [path] = [path for path in listed() if path.endswith(f"/{end}")]
    file = destination / path[1:]
    return file, file.with_name(f".{file.name}.new")


def test_no_file_is_there_before_it_is_complete(tmp_path):
    """The bus and polkit watch their folders: what appears under a file's name is read at once."""
    paths = {tmp_path / path[1:] for path in listed()}
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    settings = {installed(tmp_path, end)[0] for end in ("etc/msgd.conf", "etc/msgd/bridge.conf")}
    for expected in (paths, paths - settings):
        with closing(Watch({path.parent for path in paths})) as watch:
            make("install", DESTDIR=tmp_path)
            events = watch.events()
        happened = {path: [kind for name, kind in events if name == path] for path in paths}
        assert happened == {path: [MOVED_TO] if path in expected else [] for path in paths}
        others = {path for path, _ in events} - paths
        assert {(path.name[0], path.suffix) for path in others} == {(".", ".new")}
    assert set(tmp_path / path[1:] for path in files(tmp_path)) == paths


def test_an_installation_that_fails_leaves_no_half_of_a_file(source, tmp_path):
    destination = tmp_path / "root"
    make("install", source=source, DESTDIR=destination)
    policy, _ = installed(destination, "org.msgd.Messenger1.conf")
    before, content = files(destination), policy.read_text()
    (source / "dbus/org.msgd.Messenger1.conf").write_text("new")
    commands = tmp_path / "commands"
    commands.mkdir()
    (commands / "mv").write_text('#!/bin/sh\ncase $* in *.Messenger1.conf) exit 1 ;; esac\nexec /bin/mv "$@"\n')
    (commands / "mv").chmod(0o755)

    answer = make("install", source=source, check=False, DESTDIR=destination, PATH=f"{commands}:{os.environ['PATH']}")

    assert answer.returncode == 2
    assert (files(destination), policy.read_text()) == (before, content)


@pytest.mark.parametrize("end", ["org.msgd.Messenger1.conf", "msgd.service", "bin/net-send"])
@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_what_an_interrupted_installation_left_goes(tmp_path, end, command):
    """Also if it isn't a file: nothing is written where it leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("")
    destination = tmp_path / "root"
    file, temporary = installed(destination, end)
    file.parent.mkdir(parents=True)
    temporary.symlink_to(elsewhere)
    make(command, DESTDIR=destination)
    assert not os.path.lexists(temporary) and elsewhere.read_text() == ""
    assert file.exists() == (command == "install")


def test_a_link_in_the_place_of_a_file_is_replaced(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("")
    file, _ = installed(tmp_path / "root", "org.msgd.Messenger1.conf")
    file.parent.mkdir(parents=True)
    file.symlink_to(elsewhere)
    make("install", DESTDIR=tmp_path / "root")
    assert not file.is_symlink() and elsewhere.read_text() == ""


def test_a_folder_that_is_a_link_stays_one(tmp_path):
    """As `/lib` is one to `/usr/lib`."""
    destination, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    elsewhere.mkdir()
    file, _ = installed(destination, "org.msgd.Messenger1.conf")
    file.parent.parent.mkdir(parents=True)
    file.parent.symlink_to(elsewhere)
    make("install", DESTDIR=destination)
    assert (elsewhere / file.name).is_file() and file.parent.is_symlink()


@pytest.mark.parametrize("leads", [True, False])
def test_the_administrators_settings_stay(tmp_path, leads):
    """Also behind a link, and one that leads nowhere yet."""
    elsewhere, destination = tmp_path / "elsewhere", tmp_path / "root"
    if leads:
        elsewhere.write_text("[Messages]\n")
    config, _ = installed(destination, "etc/msgd.conf")
    config.parent.mkdir(parents=True)
    config.symlink_to(elsewhere)
    make("install", DESTDIR=destination)
    assert (config.readlink(), elsewhere.exists()) == (elsewhere, leads)
    answer = make("uninstall", DESTDIR=destination)
    assert f"{config} has been changed, and stays" in answer.stdout
    assert config.is_symlink() and files(destination) == [f"/{config.relative_to(destination)}"]


def test_it_has_every_file_that_is_there_to_be_installed():
    lines = (line.split() for manifest in MANIFESTS for line in manifest.read_text().splitlines())
    sources = {words[1] for words in lines if len(words) == 3 and words[0] != "#"}
    assert {f"dbus/{file.name}" for file in (ROOT / "dbus").iterdir()} <= sources
    names = {path.rpartition("/")[2] for path in listed()}
    assert {page.name for page in ROOT.glob("docs/**/*.[1-9]")} <= names
    for folder in ("bridge", "fleet"):
        assert {file.name.removesuffix(".in") for file in ROOT.glob(f"{folder}/**/*") if file.is_file()} <= names
    languages = {path.split("/")[-3] for path in listed() if path.endswith(".mo")}
    assert languages == {file.stem for file in ROOT.glob("po/*.po")}


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("644 dbus/gone @unitdir@/", "dbus/gone is not there: run make first"),
        ("644 docs/*.gone @mandir@/", "docs/*.gone is not there: run make first"),
        ("644 dbus/msgd.conf @gonedir@/", "packaging/manifest: @gonedir@ has no value"),
        ("644 dbus/msgd.conf etc/", "'etc/' is no place for dbus/msgd.conf: its path has to be absolute"),
    ],
)
def test_a_wrong_line_installs_nothing(source, tmp_path, line, complaint):
    destination = tmp_path / "root"
    add(source, line)
    answer = make("install", source=source, check=False, DESTDIR=destination)
    assert (answer.returncode, destination.exists()) == (2, False)
    assert complaint in answer.stderr


@pytest.mark.parametrize(
    "variables, path",
    [
        ({"prefix": "/opt/msg"}, "/opt/msg/bin/msg"),
        ({"exec_prefix": "/opt/msg"}, "/opt/msg/libexec/msgd"),
        ({"bindir": "/opt/bin"}, "/opt/bin/net-send"),
        ({"libexecdir": "/usr/lib/msgd"}, "/usr/lib/msgd/msgd-connect"),
        ({"sysconfdir": "/usr/local/etc"}, "/usr/local/etc/msgd.conf"),
        ({"datarootdir": "/opt/share"}, "/opt/share/man/man8/msgd.8"),
        ({"datadir": "/opt/share"}, "/opt/share/zsh/site-functions/_msg"),
        ({"mandir": "/opt/man"}, "/opt/man/man5/msgd.conf.5"),
        ({"localedir": "/opt/locale"}, "/opt/locale/de/LC_MESSAGES/msgd.mo"),
    ],
)
def test_a_packager_chooses_folders(tmp_path, variables, path):
    usual = set(listed())
    assert path not in usual
    assert path in listed(**variables)
    make("install", DESTDIR=tmp_path, **variables)
    assert files(tmp_path) == sorted(listed(**variables))
    make("uninstall", DESTDIR=tmp_path, **variables)
    assert list(tmp_path.iterdir()) == []


def test_one_package_of_several(tmp_path):
    make("install", DESTDIR=tmp_path)
    make("uninstall", DESTDIR=tmp_path, PACKAGES="msg-bridge msg-fleet msg-relay")
    assert files(tmp_path) == sorted(listed(PACKAGES="msg"))
    answer = make("install", check=False, DESTDIR=tmp_path, PACKAGES="msg other")
    assert answer.returncode == 2 and "PACKAGES=msg other: there is no package other" in answer.stderr
    answer = make("install", check=False, DESTDIR=tmp_path, PACKAGES="msg msg-typo")
    assert answer.returncode == 2 and answer.stderr.startswith("PACKAGES=msg msg-typo: there is no package msg-typo\n")


@pytest.mark.parametrize("folder, stays", [
    ("/usr/local/sbin", True), ("/usr/local/libexec", True), ("/usr/local/bin", True), ("/usr/local/share/man", True), ("/opt", True),
    ("/usr/local/share/msg-relay", False), ("/opt/msg/sbin", False), ("/opt/msg", False), ("/etc/msgd", False)])  # fmt: skip
def test_folders_of_every_machine_stay(folder, stays):
    """Those of /usr/local are there before, even if they are empty."""
    [function] = re.findall(r"^is_everywhere\(\) \{.*?^\}", (ROOT / "packaging/installation").read_text(), re.MULTILINE | re.DOTALL)
    answer = run("sh", "-c", f'{function}\nis_everywhere "$1"', "sh", folder, check=False, DESTDIR="", prefix="/opt/msg")
    assert (answer.returncode == 0) == stays, answer.stderr


@pytest.mark.parametrize("folder, option", [("/etc", ""), ("/usr/local/etc", " --config=/usr/local/etc/msgd.conf")])
def test_msgd_reads_its_settings_where_they_are_installed(tmp_path, folder, option):
    make("install", DESTDIR=tmp_path, sysconfdir=folder)
    unit = (tmp_path / "usr/local/lib/systemd/system/msgd.service").read_text()
    assert f"ExecStart=/usr/local/libexec/msgd --locales=/usr/local/share/locale{option}\n" in unit


@pytest.mark.parametrize("folder", ["/etc", "/opt/etc"])
def test_msg_relay_is_started_where_it_is_enrolled(tmp_path, folder):
    """Its settings are in /etc/msgd, wherever msgd.conf is."""
    make("install", DESTDIR=tmp_path, sysconfdir=folder)
    unit = (tmp_path / "usr/local/lib/systemd/system/msg-relay.service").read_text()
    assert "\nConditionPathExists=/etc/msgd/relay.conf\n" in unit and " --config=/etc/msgd/relay.conf " in unit
    assert "\nsettings=$root/etc/msgd\n" in (tmp_path / "usr/local/sbin/msg-relay-enroll").read_text()


@pytest.mark.parametrize("name, called", [("prefix", "PREFIX"), ("sysconfdir", "sysconfdir"), ("libexecdir", "libexecdir")])
@pytest.mark.parametrize("folder", ["/home/alice/etc", "relative/etc"])
def test_folders_that_msgd_does_not_see_are_refused(tmp_path, name, called, folder):
    answer = make("install", check=False, DESTDIR=tmp_path / "root", **{name: folder})
    assert (answer.returncode, (tmp_path / "root").exists()) == (2, False)
    assert f"{called}={folder}: it has to be a folder, outside of homes, which msgd does not see" in answer.stderr
