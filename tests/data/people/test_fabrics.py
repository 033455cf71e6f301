import numpy as np
import pytest

from data.people.fabrics import KINDS, Fabric, creases, noise


@pytest.mark.parametrize("dimensions", [2, 3])
def test_noise_is_smooth_and_of_unit_deviation(dimensions):
    points = np.random.default_rng(0).uniform(0, 5, (20000, dimensions))
    assert noise(points, 8).std() == pytest.approx(0.8, abs=0.3)
    assert np.abs(noise(points, 8) - noise(points + 1e-4, 8)).max() < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_every_fabric_has_colours_of_cloth_and_a_fine_relief(kind):
    s, t = np.meshgrid(np.linspace(-0.4, 0.4, 60), np.linspace(0.8, 1.4, 60))
    for seed in range(3):
        colour, height = Fabric(np.random.default_rng(seed), [kind]).paint(s, t)
        assert colour.shape == (60, 60, 3) and height.shape == (60, 60)
        assert colour.min() > 0 and colour.max() <= 0.9
        assert np.abs(height).max() < 0.005


def test_creases_are_between_none_and_deep():
    s, t = np.meshgrid(np.linspace(-0.4, 0.4, 80), np.linspace(0.8, 1.4, 80))
    depth = creases(s, t, np.zeros(2, "float32"))
    assert depth.min() >= 0 and 0.5 < depth.max() < 1.3
