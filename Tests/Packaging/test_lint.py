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


def folders(tree, **files):
    for name, text in files.items():
        path = tree / "Sources/Part" / name.replace("_", "/")
        path.with_suffix(".swift").parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".swift").write_text(text)
    answer = run(ROOT / "Tests/Lint/folders", "--graph", tree, check=False)
    return answer.returncode, answer.stdout, answer.stderr


def test_folders_that_use_each_other_one_way_are_drawn(tmp_path):
    graph = "Sources/Part\n  High → Low 1\n"
    assert folders(tmp_path, High_A="struct A { let b: B }\n", Low_B="struct B {}\n") == (0, graph, "")


def test_a_circle_of_folders_is_told_with_the_names_that_make_it(tmp_path):
    status, _, error = folders(
        tmp_path, One_A="struct A { let b: B }\n", Two_B="public final class B { let c: [C] }\n", Three_C="enum C { case a(A) }\n")
    assert status == 1
    assert error == (
        "Sources/Part: folders use each other in a circle: One → Two → Three → One\n"
        "  One/A.swift uses B, of Two/B.swift\n  Two/B.swift uses C, of Three/C.swift\n"
        "  Three/C.swift uses A, of One/A.swift\n")


def test_the_root_of_a_part_is_a_folder_too(tmp_path):
    status, _, error = folders(tmp_path, A="struct A { let b: B }\n", Low_B="struct B { let a: A }\n")
    assert (status, error.splitlines()[0]) == (1, "Sources/Part: folders use each other in a circle: (root) → Low → (root)")


def test_comments_texts_and_nested_types_are_no_uses(tmp_path):
    low = 'struct B {\n  enum A { case a }\n  let a: A  // unlike A of High\n  let text = "A"\n}\n'
    assert folders(tmp_path, High_A="struct A { let b: B }\n", Low_B=low)[0] == 0
