"""The packages, as their own tools build them from what `make` has built: each has the files of the manifest, and no others."""

import os
import pwd
import shutil
import tempfile
from pathlib import Path

import pytest

from source import BUILT, ROOT, VERSION, run, tarball

# The settings that each brings.
PACKAGES = {"msg": ["/etc/msgd.conf"], "msg-bridge": ["/etc/msgd/bridge.conf"], "msg-fleet": [], "msg-relay": []}
# What rpmbuild knows where systemd is of the same make.
MACROS = {"_unitdir": "/usr/lib/systemd/system", "_sysusersdir": "/usr/lib/sysusers.d", "_journalcatalogdir": "/usr/lib/systemd/catalog"}
# What the tools of Arch Linux and of Ubuntu have whatever they build compiled and linked with: for gcc, and its plugins.
FLAGS = {
    "Arch Linux": {
        "CFLAGS": "-O2 -pipe -fno-plt -fexceptions -Wp,-D_FORTIFY_SOURCE=3 -Wformat -Werror=format-security -flto=auto",
        "LDFLAGS": "-Wl,-O1 -Wl,--sort-common -Wl,--as-needed -Wl,-z,relro -Wl,-z,now -Wl,-z,pack-relative-relocs -flto=auto",
    },
    "Ubuntu": {
        "CFLAGS": "-g -O2 -flto=auto -ffat-lto-objects -fstack-protector-strong -Wformat -Werror=format-security",
        "CPPFLAGS": "-Wdate-time -D_FORTIFY_SOURCE=3",
        "LDFLAGS": "-Wl,-Bsymbolic-functions -flto=auto -ffat-lto-objects -Wl,-z,relro",
    },
}
# What shipped programs owe to others: what the texts of the licenses are to say.
OWED = ("Apache License", "Runtime Library Exception", "The SwiftLog Project", "swift-argument-parser", "derivation of the lock implementation")
# Each system's own, which `make install` doesn't write.
OWN = ("/usr/lib/.build-id", "/usr/share/doc/", "/usr/share/licenses/", "/usr/share/lintian/", "/.")


def names(paths):
    """What a package has, but for folders and what is the packages' own; compressed pages as if they weren't."""
    whole = {"/" + path.removeprefix("./").removeprefix("/") for path in paths if not path.endswith("/")}
    return {path.removesuffix(".gz") if "/man/" in path else path for path in whole if not path.startswith(OWN)}


def installed(package):
    """What `make install PREFIX=/usr` writes of a package, by its manifest."""
    return names(run("make", "--silent", "manifest", f"PACKAGES={package}", "PREFIX=/usr").stdout.splitlines())


@pytest.fixture
def workshop():
    """A folder of a user who is not root: makepkg works for nobody else."""
    folder = Path(tempfile.mkdtemp(prefix="msg-packaging-"))
    builder = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    for file in (tarball(), ROOT / "packaging/PKGBUILD", *ROOT.glob("packaging/*.install")):
        shutil.copy(file, folder)
    shutil.copytree(BUILT / "completions", folder / "built/completions")
    shutil.copytree(BUILT / "locale", folder / "built/locale")
    programs = (
        "msg", "msgd", "msgd-connect", "msg-bridge", "msg-fleet", "msg-relay", "msg-wall", "net-send", "query-session")
    for program in programs:
        shutil.copy(BUILT / program, folder / "built" / program, follow_symlinks=False)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, builder.pw_uid, builder.pw_gid, follow_symlinks=False)
    become = ["setpriv", f"--reuid={builder.pw_uid}", f"--regid={builder.pw_gid}", "--clear-groups"]
    yield folder, become if os.geteuid() == 0 else []
    shutil.rmtree(folder)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_one_for_debian(package):
    [file] = (ROOT / ".build/deb").glob(f"{package}_{VERSION}-*.deb")
    listed = run("dpkg-deb", "--contents", file).stdout.splitlines()
    found = names(line.split(None, 5)[5].partition(" -> ")[0] for line in listed)
    # zsh of Debian looks in a folder of its own.
    assert {path.replace("/vendor-completions/", "/site-functions/") for path in found} == installed(package)


def owes(text):
    """What the licenses of what is linked into programs ask for, and a text doesn't have."""
    return [words for words in OWED if words not in " ".join(text.split())]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_one_for_debian_has_the_licenses(package, tmp_path):
    [file] = (ROOT / ".build/deb").glob(f"{package}_{VERSION}-*.deb")
    run("dpkg-deb", "--extract", file, tmp_path)
    text = (tmp_path / f"usr/share/doc/{package}/copyright").read_text()
    assert owes(text) == []
    assert "Files: docs/desktops/*\n" in text


def test_the_one_for_rpm(tmp_path):
    (tmp_path / "SOURCES").mkdir()
    shutil.copy(tarball(), tmp_path / "SOURCES")
    options = [word for name, value in (MACROS | {"_topdir": str(tmp_path)}).items() for word in ("--define", f"{name} {value}")]
    run("rpmbuild", "-bb", "--nodeps", "--quiet", *options, ROOT / "packaging/msg.spec", BUILT=str(BUILT))
    for package, settings in PACKAGES.items():
        [file] = tmp_path.glob(f"RPMS/*/{package}-{VERSION}-*.rpm")
        # They go with it.
        own = {"msg-bridge": {"/etc/msgd"}, "msg-fleet": set(), "msg-relay": set()}
        folders = own[package] | {f"/usr/share/{package}"} if package in own else set()
        assert names(run("rpm", "--query", "--list", "--package", file).stdout.splitlines()) == installed(package) | folders
        assert run("rpm", "--query", "--configfiles", "--package", file).stdout.splitlines() == settings
        run("sh", "-c", 'rpm2cpio "$0" | bsdtar --extract --directory "$1" --file -', file, tmp_path)
        assert owes((tmp_path / f"usr/share/licenses/{package}-{VERSION}/THIRD-PARTY-LICENSES").read_text()) == []
    for package in ("msg-bridge", "msg-relay"):
        [file] = tmp_path.glob(f"RPMS/*/{package}-{VERSION}-*.rpm")
        required = run("rpm", "--query", "--package", "--queryformat", "[%{REQUIRES} %{REQUIREFLAGS:deptype}\\n]", file).stdout
        assert {f"systemd {when}" for when in ("post", "preun", "postun")} <= set(required.splitlines()), required
    [file] = tmp_path.glob(f"RPMS/*/msg-{VERSION}-*.rpm")
    scripts = run("rpm", "--query", "--scripts", "--package", file).stdout
    assert "systemctl stop msgd msgd-connect.socket msgd-connect " in scripts
    assert "systemctl try-restart msgd-connect;" in scripts
    assert "systemctl start msgd-held;" in scripts and "preset msgd-held.service" in scripts
    documents = run("rpm", "--query", "--docfiles", "--package", file).stdout.splitlines()
    assert {path for path in documents if "/doc/" in path} == {f"/usr/share/doc/msg-{VERSION}/{name}" for name in documents_of_debian()}


def documents_of_debian():
    """The documents that Debian's package has."""
    [file] = (ROOT / ".build/deb").glob(f"msg_{VERSION}-*.deb")
    paths = (line.split(None, 5)[5].removeprefix("./usr/share/doc/msg/") for line in run("dpkg-deb", "--contents", file).stdout.splitlines()
             if "./usr/share/doc/msg/" in line and not line.endswith("/"))  # fmt: skip
    own = {"changelog.gz": "CHANGELOG.md", "changelog.Debian.gz": None, "copyright": None}
    return {own.get(path, path).removesuffix(".gz").replace("examples/", "Examples/") for path in paths if own.get(path, path)}


def test_the_one_for_arch(workshop):
    folder, become = workshop
    environment = {"HOME": str(folder), "PKGEXT": ".pkg.tar", "BUILT": str(folder / "built")}
    run(*become, "makepkg", "--nodeps", cwd=folder, **environment)
    for package, settings in PACKAGES.items():
        [file] = folder.glob(f"{package}-{VERSION}-*.pkg.tar")
        found = names(run("bsdtar", "--list", "--file", file).stdout.splitlines())
        # Arch Linux has neither libexec nor sbin.
        moved = {"/usr/libexec/": "/usr/lib/msgd/", "/usr/sbin/": "/usr/bin/"}
        expected = installed(package)
        for usual, own in moved.items():
            expected = {path.replace(usual, own) for path in expected}
        assert found == expected
        information = run("bsdtar", "--extract", "--to-stdout", "--file", file, ".PKGINFO").stdout
        kept = [line.partition(" = ")[2] for line in information.splitlines() if line.startswith("backup = ")]
        assert [f"/{path}" for path in kept] == settings
        licenses = f"usr/share/licenses/{package}/THIRD-PARTY-LICENSES"
        assert owes(run("bsdtar", "--extract", "--to-stdout", "--file", file, licenses).stdout) == []
        if (script := ROOT / f"packaging/{package}.install").exists():
            scripts = run("bsdtar", "--extract", "--to-stdout", "--file", file, ".INSTALL").stdout
            assert scripts == script.read_text()
    [file] = folder.glob(f"msg-{VERSION}-*.pkg.tar")
    assert "ExecStart=/usr/lib/msgd/msgd " in run("bsdtar", "-xOf", file, "usr/lib/systemd/system/msgd.service").stdout


@pytest.mark.parametrize("distribution", FLAGS)
def test_what_has_privileges_builds_with_a_distributions_flags(tmp_path, distribution):
    run("make", f"{tmp_path}/msgd-connect", **FLAGS[distribution])
    assert run(tmp_path / "msgd-connect", check=False).returncode == 64
