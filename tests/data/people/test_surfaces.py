import numpy as np
import pytest

from data.people.surfaces import facade, tile

KINDS = (
    "plaster", "concrete", "cloth", "carpet", "grass", "wallpaper", "brick", "paving", "tiles",
    "planks", "panels", "wood",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_tile_repeats_without_a_seam(kind):
    colour = np.array([0.4, 0.3, 0.2])
    picture = tile(np.random.default_rng(0), kind, colour)
    assert picture.mean() == pytest.approx(0.3, rel=0.2)
    for axis in (0, 1):
        inside = np.abs(np.diff(picture, axis=axis)).mean()
        seam = np.abs(np.take(picture, 0, axis) - np.take(picture, -1, axis)).mean()
        # A joint between bricks or boards may lie on the seam.
        assert seam < 3 * inside + 0.06


def test_a_front_has_windows():
    picture = facade(np.random.default_rng(1), np.array([0.5, 0.3, 0.2]))
    assert np.isfinite(picture).all()
    assert picture.std() > 0.1
