"""packaging/check, on sources with one mistake each."""

import shutil

import pytest

from source import ROOT, VERSION, run

FILES = ("CHANGELOG.md", "Sources/MessengerContract/Messenger.swift", "debian/changelog", "packaging/PKGBUILD", "packaging/msg.spec")
OTHER = "9.8.7"
# What is to be replaced, by what, and the complaint.
MISTAKES = {
    "Sources/MessengerContract/Messenger.swift": [(f'"{VERSION}"', f'"{OTHER}"', f"CHANGELOG.md begins with {VERSION}")],
    "packaging/msg.spec": [(f" {VERSION}\n", f" {OTHER}\n", f"packaging/msg.spec is of version {OTHER}")],
    "packaging/PKGBUILD": [(f"pkgver={VERSION}\n", "", "packaging/PKGBUILD is of version None")],
    "debian/changelog": [
        (f"({VERSION}-", f"({OTHER}-", f"debian/changelog is of version {OTHER}"),
        ("+0000", "+0200", "the newest entry has no date in UTC"),
        (") UNRELEASED;", ") unstable;", f"{VERSION} is for unstable, and CHANGELOG.md has it as unreleased"),
    ],
    "CHANGELOG.md": [
        (f"## {VERSION} ", f"## {OTHER} ", f"CHANGELOG.md begins with {OTHER}"),
        (f"{VERSION} - unreleased", f"{VERSION}", f"{VERSION} has no day"),
        (f"{VERSION} - unreleased", f"{VERSION} - 2027-02-30", f"{VERSION} has no day"),
        (f"{VERSION} - unreleased", f"{VERSION} - 2027-02-28", f"{VERSION} is for UNRELEASED"),
        ("### Added", "### News", "has a part News"),
        ("### Added", "### Fixed\n\n### Added", f"{VERSION} says nothing under Fixed"),
        (f"## {VERSION}", f"## 0.0.1 - 2026-01-01\n\n### Added\n\n- a\n\n## {VERSION}", "the newest version comes first"),
    ],
}


@pytest.fixture
def source(tmp_path):
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    write(tmp_path / "CHANGELOG.md", f"## {VERSION} - ", f"## {VERSION} - unreleased", to_end_of_line=True)
    write(tmp_path / "debian/changelog", f"msg ({VERSION}-", f"msg ({VERSION}-1) UNRELEASED; urgency=medium", to_end_of_line=True)
    return tmp_path


def write(path, old, new, to_end_of_line=False):
    before, found, after = path.read_text().partition(old)
    assert found, f"{path} has no {old}"
    path.write_text(before + new + (after[after.index("\n") :] if to_end_of_line else after))


def check(source):
    return run(ROOT / "packaging/check", source, check=False)


def test_the_source_as_it_is_passes(source):
    assert (check(source).returncode, check(source).stderr) == (0, "")


def test_a_release_has_the_same_day_everywhere(source):
    write(source / "CHANGELOG.md", "unreleased", "2027-02-28")
    write(source / "debian/changelog", "UNRELEASED", "unstable")
    assert "is of another day than in CHANGELOG.md, 2027-02-28" in check(source).stderr
    write(source / "debian/changelog", "msg@msgd.invalid>", "msg@msgd.invalid>  Sun, 28 Feb 2027 10:00:00 +0000", to_end_of_line=True)
    assert (check(source).returncode, check(source).stderr) == (0, "")


@pytest.mark.parametrize("file, old, new, complaint", [(file, *rest) for file, rests in MISTAKES.items() for rest in rests])
def test_a_mistake_is_told(source, file, old, new, complaint):
    write(source / file, old, new)
    answer = check(source)
    assert answer.returncode == 1
    assert complaint in answer.stderr
