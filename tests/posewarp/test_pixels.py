import numpy as np

from posewarp.pixels import from_levels, to_bytes


def test_floats_become_bytes_over_their_whole_range_and_bytes_the_same_floats():
    assert to_bytes([-1.2, -1, 0, 1, 1.2]).tolist() == [0, 0, 128, 255, 255]
    levels = np.arange(256, dtype="uint8")
    np.testing.assert_array_equal(to_bytes(from_levels(levels)), levels)
