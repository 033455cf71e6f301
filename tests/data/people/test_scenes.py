import numpy as np
import pytest

from data.people import scenes

ROOM_TO_STAND = 0.45
"""Metres around the person that nothing may stand in."""


@pytest.mark.parametrize("kind", list(scenes.KINDS))
def test_a_place_leaves_room_for_the_person_and_has_light_from_all_around(kind, monkeypatch):
    monkeypatch.setattr(scenes, "KINDS", {kind: (1, 1, scenes.KINDS[kind][2])})
    for seed in range(4):
        meshes, sky, aperture = scenes.sample_place(np.random.default_rng(seed), seed % 2)
        assert sky.shape == (scenes.SIZE, 2 * scenes.SIZE, 3)
        assert sky.min() > 0 and sky.max() < 200 and np.isfinite(sky).all()
        assert 0 <= aperture < 0.05
        for mesh in meshes:
            assert mesh.faces.max() < len(mesh.points)
            x, y, z = mesh.points.T
            assert np.hypot(x, z)[y > 0.05].min(initial=9) > ROOM_TO_STAND
        # The feet have something to stand on, and it is not above the soles.
        corners = np.concatenate([mesh.points for mesh in meshes])
        under = corners[corners[:, 1] <= scenes.FLOOR + 1e-6]
        assert under[:, 2].min() < -0.5 and under[:, 2].max() > 2
