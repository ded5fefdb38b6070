"""`make dist`: what is in the tarball, and that git is not needed to build from it."""

import hashlib
import tarfile

import pytest

from source import ROOT, VERSION, run, tarball

FOLDER = f"msg-{VERSION}"


@pytest.fixture(scope="module")
def file():
    return tarball()


@pytest.fixture
def unpacked(file, tmp_path):
    with tarfile.open(file) as archive:
        archive.extractall(tmp_path)
    return tmp_path / FOLDER


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_its_name_has_the_version(file):
    assert file.name == f"{FOLDER}.tar.gz"


def source():
    """What git knows; where the source is no clone, all that isn't built."""
    if (ROOT / ".git").exists():
        return set(run("git", "ls-files", "-z").stdout.split("\0")[:-1])
    names = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_symlink() or path.is_file())
    return {str(name) for name in names if not any(part.startswith(".build") for part in name.parts)} - {"Package.resolved"}


def test_it_has_the_whole_source(file):
    with tarfile.open(file) as archive:
        members = archive.getmembers()
    assert {member.name.removeprefix(f"{FOLDER}/") for member in members} == source()
    assert [member.name for member in members] == sorted(member.name for member in members)
    assert {(member.uid, member.gid, member.uname, member.gname, member.mtime) for member in members} == {
        (0, 0, "", "", members[0].mtime)
    }
    assert {oct(member.mode) for member in members if member.isfile()} == {"0o644", "0o755"}


def test_the_same_source_gives_the_same_bytes(file, unpacked):
    before = digest(file)
    run("make", "--silent", "dist", cwd=unpacked, TZ="Asia/Tokyo", LC_ALL="C.UTF-8")
    assert digest(unpacked / ".build/dist" / file.name) == before
    assert digest(tarball()) == before


def test_it_is_built_without_git(unpacked, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").write_text("#!/bin/sh\nexit 1\n")
    (programs / "git").chmod(0o755)
    path = f"{programs}:{run('printenv', 'PATH').stdout.strip()}"
    plan = run("make", "--dry-run", "all", cwd=unpacked, PATH=path).stdout
    assert "swift build -c release" in plan
    run("make", "catalogs", cwd=unpacked, PATH=path)
    assert (unpacked / ".build/release/locale/de.mo").exists()
    run("packaging/check", cwd=unpacked, PATH=path)
