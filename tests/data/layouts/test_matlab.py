import numpy as np
import pytest
import scipy.io

from data.layouts.matlab import mark_missing, read_mat, real_numbers
from posewarp.errors import DataError


def read(path):
    return read_mat(path, "numbers", lambda found: real_numbers(found["data"]))


def test_marks_of_missing_joints_become_nan_in_both_coordinates():
    joints = np.array([[1, 1], [0, 0], [-1, 5], [5, 0], [np.nan, 5], [5, 1e200], [0.25, 3]])
    missing = np.isnan(mark_missing(joints))
    assert missing.all(axis=1).tolist() == [False, True, True, True, True, True, False]
    assert (missing.any(axis=1) == missing.all(axis=1)).all()


def test_what_is_not_as_expected_is_named(tmp_path):
    path = tmp_path / "a.mat"
    values = np.arange(6, dtype="int8").reshape(2, 3)
    scipy.io.savemat(path, {"data": values, "text": "", "struct": {}}, do_compression=True)
    np.testing.assert_array_equal(read(path), [[0.0, 1, 2], [3, 4, 5]])
    for name, value in (("data", "text"), ("other", 1)):
        scipy.io.savemat(path, {name: value})
        with pytest.raises(DataError, match=r"a\.mat: expected a MATLAB file with numbers: "):
            read(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(400))
    with pytest.raises(DataError, match=r"version 7\.3 is not supported; save it with save -v7"):
        read(path)
