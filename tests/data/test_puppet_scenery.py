import cv2
import numpy as np
import pytest

from data.puppet_scenery import paint_background


@pytest.mark.parametrize("seed", range(12))
def test_every_scene_is_opaque_and_textured(seed):
    picture = paint_background(np.random.default_rng(seed), 128)
    assert picture.shape == (128, 128, 3)
    assert 0 <= picture.min() <= picture.max() <= 1
    assert picture.mean() > 0.1
    assert picture.std(axis=(0, 1)).min() > 0.02


def test_scenes_differ_by_seed_and_repeat_with_it():
    first, again, other = (paint_background(np.random.default_rng(s), 64) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.05


def test_a_scene_is_the_same_at_another_resolution():
    small, large = (paint_background(np.random.default_rng(2), size) for size in (64, 256))
    shrunk = cv2.resize(large, (64, 64), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - small).mean() < 0.02
