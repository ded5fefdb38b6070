"""What Tests/Lint checks by itself, on sources with one mistake each."""

from source import ROOT, run


def columns(*paths):
    return run(ROOT / "Tests/Lint/columns", *paths, check=False)


def test_a_long_line_is_told(tmp_path):
    (tmp_path / "Long.swift").write_text(f"let a = 1\n/// {'a' * 117}\n")
    answer = columns(tmp_path)
    assert (answer.returncode, answer.stderr) == (1, f"{tmp_path}/Long.swift:2: 121 columns are more than 120\n")
    assert columns(tmp_path / "Long.swift").returncode == 1


def test_characters_count_and_not_bytes(tmp_path):
    (tmp_path / "Whole.swift").write_text(f"// {'é' * 117}\n")
    assert (columns(tmp_path).returncode, columns(tmp_path).stderr) == (0, "")


def test_only_swift_in_the_source_is_checked(tmp_path):
    (tmp_path / ".build").mkdir()
    for name in (".build/Made.swift", "page.md"):
        (tmp_path / name).write_text("a" * 121)
    assert columns(tmp_path).returncode == 0
