import numpy as np
import pytest
from people import person

from data.annotate.progress import Progress
from posewarp.errors import DataError


def test_what_was_written_down_is_read_again(tmp_path):
    someone = person()
    someone.joints[3] = np.nan
    with Progress(tmp_path / "progress") as progress:
        progress.add(1, "000001.jpg", [someone, person(100, 0.7)])
        progress.add(4, None, [])
    with Progress(tmp_path / "progress") as progress:
        (name, people), nobody = progress.entries.values()
        assert list(progress.entries) == [1, 4]
        assert name == "000001.jpg"
        np.testing.assert_array_equal(people[0].joints, someone.joints)
        assert people[1].region == person(100, 0.7).region
        assert nobody == (None, [])


def test_a_line_that_was_cut_off_is_written_again_and_another_damaged_one_named(tmp_path):
    path = tmp_path / "progress"
    with Progress(path) as progress:
        progress.add(1, "a", [person()])
        progress.add(2, "b", [person()])
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with Progress(path) as progress:
        assert list(progress.entries) == [1]
        progress.add(2, "b", [person()])
    assert path.read_bytes() == whole
    path.write_text('{"frame": 1}\n')
    with pytest.raises(DataError, match=r"progress: damaged; remove .* and start again"):
        Progress(path)
