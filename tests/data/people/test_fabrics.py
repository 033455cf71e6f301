import numpy as np
import pytest

from data.people.fabrics import PATTERNS, Fabric


@pytest.mark.parametrize("kind", PATTERNS)
def test_every_fabric_has_colours_of_cloth_and_all_but_plain_ones_a_pattern(kind):
    s, t = np.meshgrid(np.linspace(-0.4, 0.4, 60), np.linspace(0.8, 1.1, 60))
    for seed in range(3):
        colour, height = Fabric(np.random.default_rng(seed), kind).paint(s, t)
        assert colour.shape == (60, 60, 3) and height.shape == (60, 60)
        assert colour.min() > 0 and colour.max() <= 0.9
        assert (colour.std(axis=(0, 1)).max() > 1e-4) == (kind != "plain")
        assert np.abs(height).max() < 0.005


def test_a_print_is_on_the_chest():
    s, t = np.meshgrid(np.linspace(-0.2, 0.2, 80), np.linspace(0.8, 1.4, 120))
    printed = [Fabric(np.random.default_rng(seed), "plain", None, True) for seed in range(20)]
    word = next(fabric for fabric in printed if fabric.word is not None)
    differs = np.abs(word.paint(s, t)[0] - word.colours[0]).max(axis=-1) > 0.01
    assert differs[(t > 1.15) & (t < 1.25)].mean() > 0.02
    assert not differs[t < 1.1].any()
