import pytest

from data.files import check_outputs, claim_folder, read_json_file, write_atomically
from posewarp.errors import DataError, PosewarpError, UsageError


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    for text in ("before", "äfter\n"):
        write_atomically(tmp_path / "a.txt", text)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
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


def test_a_folder_of_other_settings_is_refused_and_they_are_named(tmp_path):
    def claim(**settings):
        return claim_folder(tmp_path / "new", "a.json", settings, "a sample")

    assert claim(seed=1, count=3) == {}
    assert claim(seed=1) == {"seed": 1, "count": 3}
    with pytest.raises(UsageError, match=r"seed 1 \(not 2\), size None \(not 64\); choose"):
        claim(seed=2, count=3, size=64)
    (tmp_path / "new" / "a.json").write_text("[]")
    with pytest.raises(UsageError, match=r"a sample of other arguments: seed None"):
        claim(seed=1)


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
