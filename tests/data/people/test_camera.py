import numpy as np
import pytest

from data.people.camera import Camera, defocus, sample_view


@pytest.mark.parametrize("upper", [True, False])
def test_the_framing_fits_the_motion(upper):
    rng = np.random.default_rng(0)
    height = np.linspace(1.7, 0.05, 14)
    height[[8, 11]] = 0.9
    joints = np.stack([np.tile((-0.3, 0.3), 7), height, np.zeros(14)], axis=1)
    motion = np.stack([joints, joints + (0.2, 0, 0.1)])
    for _ in range(20):
        seen, _ = sample_view(rng, motion, upper).project(motion)
        crown, hips, feet = seen[:, 0, 1], seen[:, [8, 11], 1], seen[:, 13, 1]
        assert (crown > 0.02).all() and (crown < 0.4).all()
        assert (hips > (0.6 if upper else 0.3)).all()
        assert (feet > 1).all() if upper else (feet < 0.98).all()
        if not upper:
            assert 0.58 < np.ptp(seen[..., 1]) < 0.95


def test_what_is_in_focus_stays_sharp_and_what_is_far_is_blurred_without_losing_light():
    picture = np.zeros((64, 64, 3), "float32")
    picture[::8] = 1
    depth = np.full((64, 64), 3.0)
    np.testing.assert_allclose(defocus(picture, depth, 3.0, 0.1), picture, atol=1e-5)
    blurred = defocus(picture, depth + 20, 3.0, 0.05)
    assert blurred.std() < 0.5 * picture.std()
    assert blurred[16:48].mean() == pytest.approx(picture[16:48].mean(), rel=0.1)


def test_cameras_keep_grey_about_grey_and_more_light_brighter():
    rng = np.random.default_rng(0)
    for _ in range(5):
        camera = Camera(rng)
        dark, middle, light = (
            camera.develop(np.full((16, 16, 3), value, "float32"), 0.4, rng).mean()
            for value in (0.1, 0.4, 1.6)
        )
        assert dark < middle < light
        assert 60 < middle < 170
