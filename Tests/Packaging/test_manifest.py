"""packaging/manifest: it alone decides what `make install` installs and `make uninstall` takes away."""

import shutil

import pytest

from source import BUILT, ROOT, run

PREFIXES = ("/usr", "/usr/local", "/opt/msg")
MANIFEST = ROOT / "packaging/manifest"
# What `make install` needs, but for what was built.
SOURCE = ("Makefile", "Sources/MessengerContract", "dbus", "docs", "packaging", "po")


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


def test_it_has_every_file_that_is_there_to_be_installed():
    lines = (line.split() for line in MANIFEST.read_text().splitlines())
    sources = {words[1] for words in lines if len(words) == 3 and words[0] != "#"}
    assert {f"dbus/{file.name}" for file in (ROOT / "dbus").iterdir()} <= sources
    names = {path.rpartition("/")[2] for path in listed()}
    assert {page.name for page in ROOT.glob("docs/*.[1-9]")} <= names
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


@pytest.mark.parametrize("folder, option", [("/etc", ""), ("/usr/local/etc", " --config=/usr/local/etc/msgd.conf")])
def test_msgd_reads_its_settings_where_they_are_installed(tmp_path, folder, option):
    make("install", DESTDIR=tmp_path, sysconfdir=folder)
    unit = (tmp_path / "usr/local/lib/systemd/system/msgd.service").read_text()
    assert f"ExecStart=/usr/local/libexec/msgd --locales=/usr/local/share/locale{option}\n" in unit


@pytest.mark.parametrize("name, called", [("prefix", "PREFIX"), ("sysconfdir", "sysconfdir"), ("libexecdir", "libexecdir")])
@pytest.mark.parametrize("folder", ["/home/alice/etc", "relative/etc"])
def test_folders_that_msgd_does_not_see_are_refused(tmp_path, name, called, folder):
    answer = make("install", check=False, DESTDIR=tmp_path / "root", **{name: folder})
    assert (answer.returncode, (tmp_path / "root").exists()) == (2, False)
    assert f"{called}={folder}: it has to be a folder, outside of homes, which msgd does not see" in answer.stderr
