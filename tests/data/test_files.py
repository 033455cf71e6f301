import pytest
from annotated_layouts import files

from data.files import check_outputs, claim_folder, read_json_file, write_atomically
from posewarp.errors import DataError, PosewarpError, UsageError


def test_text_is_written_as_utf_8_or_the_file_is_named(tmp_path):
    write_atomically(tmp_path / "a.txt", "äfter\n")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "äfter\n"
    with pytest.raises(PosewarpError, match=r"absent/a\.txt: cannot be written: No such file"):
        write_atomically(tmp_path / "absent" / "a.txt", "text")


def test_json_that_cannot_be_read_is_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "a.json"
    with pytest.raises(DataError, match=r"a\.json: cannot be read: No such file"):
        read_json_file(path)
    for broken in (b"{", b"\xff", b"[" * 100_000):
        path.write_bytes(broken)
        with pytest.raises(DataError, match=r"a\.json: not a JSON file"):
            read_json_file(path)


def claim(folder, **settings):
    return claim_folder(folder, "a.json", settings, "a sample")


def test_a_folder_of_other_settings_is_refused_and_they_are_named(tmp_path):
    assert claim(tmp_path / "new", seed=1, count=3) == {}
    assert claim(tmp_path / "new", seed=1) == {"seed": 1, "count": 3}
    with pytest.raises(UsageError, match=r"seed 1 \(not 2\), size None \(not 64\); choose"):
        claim(tmp_path / "new", seed=2, count=3, size=64)
    (tmp_path / "new" / "a.json").write_text("[]")
    with pytest.raises(UsageError, match=r"a sample of other arguments: seed None"):
        claim(tmp_path / "new", seed=1)


def test_what_is_in_the_way_of_a_folder_is_left_alone(tmp_path):
    for name, text in (("thesis/text", "chapter 1"), ("damaged/a.json", "{")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    before = files(tmp_path)
    for folder, message in (
        ("thesis", r"thesis: holds something else than a sample .*choose a new folder"),
        ("thesis/text", "text: is a file"),
        ("damaged", r"a\.json: not a JSON file: .*; remove .*damaged and start again"),
    ):
        with pytest.raises(DataError, match=message):
            claim(tmp_path / folder, seed=1)
    assert files(tmp_path) == before


def test_files_to_write_differ_and_are_not_read(tmp_path):
    (tmp_path / "a.png").write_text("a photo")
    (tmp_path / "link.png").symlink_to("a.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    a, b, link, loop = (tmp_path / f"{name}.png" for name in ("a", "b", "link", "loop"))
    check_outputs([b, loop], [a, None, "walk:1"])
    with pytest.raises(UsageError, match=r"b\.png, .*b\.png: expected different files"):
        check_outputs([b, tmp_path / "new" / ".." / "b.png"], [])
    for output, read in ((a, link), (link, a)):
        with pytest.raises(UsageError, match=f"{output.name}: is read: expected another file"):
            check_outputs([b, output], [read])
