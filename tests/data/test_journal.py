import numpy as np
import pytest
from people import person

from data.journal import Journal
from posewarp.errors import DataError


def test_what_was_written_down_is_read_again(tmp_path):
    someone = person()
    someone.joints[3] = np.nan
    with Journal(tmp_path / "journal") as journal:
        journal.add(1, "000001.jpg", [someone, person(100, 0.7)])
        journal.add(4, None, [])
    with Journal(tmp_path / "journal") as journal:
        assert 1 in journal and 4 in journal and 2 not in journal
        assert (journal.file(1), journal.file(4)) == ("000001.jpg", None)
        np.testing.assert_array_equal(journal.people(1)[0].joints, someone.joints)
        assert journal.people(1)[1].region == person(100, 0.7).region
        assert journal.people(4) == []


def test_a_line_that_was_cut_off_is_written_again(tmp_path):
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.add(1, "a", [person()])
        journal.add(2, "b", [person()])
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with Journal(path) as journal:
        assert 1 in journal and 2 not in journal
        journal.add(2, "b", [person()])
    assert path.read_bytes() == whole


def test_a_damaged_journal_is_named(tmp_path):
    (tmp_path / "journal").write_text('{"frame": 1}\n')
    with pytest.raises(DataError, match=r"journal: damaged; remove .* and start again"):
        Journal(tmp_path / "journal")
