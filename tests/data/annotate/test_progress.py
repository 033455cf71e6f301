import numpy as np
import pytest
from people import person

from data.annotate.progress import Progress
from posewarp.errors import DataError


def test_what_was_written_down_is_read_again_and_what_was_cut_off_written_again(tmp_path):
    path, people = tmp_path / "progress", [person(), person(100, 0.7)]
    people[0].joints[3] = np.nan
    with Progress(path) as progress:
        progress.add(1, "000001.jpg", people)
        progress.add(4, None, [])
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with Progress(path) as progress:
        assert list(progress.entries) == [1]
        progress.add(4, None, [])
    assert path.read_bytes() == whole
    with Progress(path) as progress:
        assert progress.entries[4] == (None, [])
        name, found = progress.entries[1]
    assert name == "000001.jpg"
    for one, other in zip(found, people, strict=True):
        np.testing.assert_array_equal(one.joints, other.joints)
        assert one.region == other.region


def test_another_damaged_line_is_named(tmp_path):
    (tmp_path / "progress").write_text('{"frame": 1}\n')
    with pytest.raises(DataError, match=r"progress: damaged; remove .* and start again"):
        Progress(tmp_path / "progress")
