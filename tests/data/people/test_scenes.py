import numpy as np
import pytest

from data.people import scenes

ROOM_TO_STAND = 0.45
"""Metres around the person that nothing may stand in."""


@pytest.mark.parametrize("upper", [True, False])
def test_places_leave_room_for_the_person_and_have_light(upper):
    rng = np.random.default_rng(0)
    for _ in range(8):
        place = scenes.sample_place(rng, upper)
        assert place.sky.shape == (64, 128, 3)
        assert place.sky.min() > 0 and np.isfinite(place.sky).all()
        assert 0 <= place.aperture < 0.05
        for mesh in place.near + place.far:
            assert mesh.faces.max() < len(mesh.points)
            above = mesh.points[mesh.points[:, 1] > 0.05]
            if len(above):
                assert np.hypot(above[:, 0], above[:, 2]).min() > ROOM_TO_STAND
