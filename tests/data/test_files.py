import pytest

from data.files import write_atomically
from posewarp.errors import PosewarpError


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    for text in ("before", "äfter\n"):
        write_atomically(tmp_path / "a.txt", text)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "äfter\n"


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(PosewarpError, match=r"absent/a\.txt: cannot be written: No such file"):
        write_atomically(tmp_path / "absent" / "a.txt", "text")
