import struct

import numpy as np
import pytest
import scipy.io

from data.layouts.matlab import load_variable, mark_missing, read_mat_struct
from posewarp.errors import DataError


def test_marks_of_missing_joints_become_nan_in_both_coordinates():
    joints = np.array([[1, 1], [0, 0], [-1, 5], [5, 0], [np.nan, 5], [5, np.inf], [0.25, 3]])
    missing = np.isnan(mark_missing(joints))
    assert missing.all(axis=1).tolist() == [False, True, True, True, True, True, False]
    assert (missing.any(axis=1) == missing.all(axis=1)).all()


def test_numeric_fields_of_a_struct_are_read(tmp_path):
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"data": {"X": np.arange(6).reshape(2, 3), "name": "walk"}})
    np.testing.assert_array_equal(
        read_mat_struct(path, "data", ("X",))["X"], [[0, 1, 2], [3, 4, 5]]
    )
    with pytest.raises(DataError, match=r"a\.mat: expected .* struct data of numeric fields name"):
        read_mat_struct(path, "data", ("name",))
    with pytest.raises(DataError, match=r"a\.mat: expected .* numeric fields X, bbox: .*bbox"):
        read_mat_struct(path, "data", ("X", "bbox"))
    with pytest.raises(DataError, match=r"a\.mat: expected a MATLAB file with a picture"):
        load_variable(path, "other", "a picture")


def test_a_file_of_matlab_7_3_is_named_with_what_to_do(tmp_path):
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(400)
    (tmp_path / "a.mat").write_bytes(header)
    with pytest.raises(DataError, match=r"version 7\.3 is not supported; save it with save -v7"):
        load_variable(tmp_path / "a.mat", "data", "a struct")


@pytest.mark.parametrize("kind", [0, 19, 528])
def test_an_element_of_a_kind_that_scipy_has_no_table_for_is_refused(kind, tmp_path):
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"data": "some text"})
    content = path.read_bytes()
    text = struct.pack("<II", 16, 9)
    assert content.count(text) == 1
    path.write_bytes(content.replace(text, struct.pack("<II", kind, 9)))
    with pytest.raises(DataError, match=f"a.mat: .*unknown kind: {kind}"):
        load_variable(path, "data", "text")
