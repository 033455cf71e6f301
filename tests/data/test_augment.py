import dataclasses

import numpy as np
import pytest

from data import augment


@pytest.mark.parametrize("size", [64, 256])
def test_the_crop_puts_the_centre_in_the_middle_at_the_published_height(size):
    affine = augment.crop_affine(400.0, np.array([300.0, 200.0]), size)
    points = np.array([[300.0, 400.0], [300.0, 200.0], [300.0, 0.0]])
    feet, middle, head = augment.transform_points(points, affine)
    np.testing.assert_allclose(middle, (size - 1) / 2)
    assert feet[1] - head[1] == pytest.approx(1.14 * 200 * size / 256)


def test_draws_stay_in_the_published_ranges_and_use_all_of_them():
    draws = [augment.Augmentation.draw(np.random.default_rng(seed)) for seed in range(400)]
    for field, low, high in [("scale", 0.9, 1.05), ("rotation", -5, 5), ("brightness", 0.95, 1.05)]:
        values = [getattr(draw, field) for draw in draws]
        assert low <= min(values) < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < max(values) <= high
    assert {draw.flip for draw in draws} == {False, True}
    assert {step for draw in draws for step in draw.shift} == set(range(-5, 6))


def test_tones_darken_and_tint_and_leave_black_and_white():
    levels = np.repeat(np.arange(256, dtype="uint8")[None, :, None], 4, axis=2)
    darker = augment.Augmentation(tones=(2.0, 1.0, 0.5)).toned(levels)
    np.testing.assert_allclose(darker[0, :, 0], np.rint(np.arange(256) ** 2 / 255))
    np.testing.assert_array_equal(darker[..., 1:4:2], levels[..., 1:4:2])
    assert (darker[0, 1:250, 2] > np.arange(1, 250)).all()
    assert darker[0, [0, -1]].tolist() == [[0] * 4, [255] * 4]
    # Drawn after the rest, which stays what it is without them.
    draw = augment.Augmentation.draw
    plain, toned = (draw(np.random.default_rng(3), tones) for tones in (False, True))
    assert dataclasses.replace(toned, tones=(1.0, 1.0, 1.0)) == plain != toned


def test_bytes_become_brighter_up_to_white():
    image = np.array([[0, 191, 255]], "uint8")
    expected = [[-1.05, 1.05 * (191 / 127.5 - 1), 1.0]]
    np.testing.assert_allclose(augment.normalized(image, 1.05), expected, rtol=1e-6)


def test_a_window_holds_all_that_is_seen_of_an_image():
    frame = np.random.default_rng(0).integers(0, 256, (90, 120, 3), "uint8")
    augmentation = augment.Augmentation(True, 0.9, (5, -3), 4.0)
    for center in ([50.0, 40.0], [2.0, 80.0], [-500.0, 0.0]):
        crop = augment.crop_affine(300.0, np.array(center), 64)
        affine = augment.compose(augmentation.affine(64), crop)
        top, left, bottom, right = augment.window_of(affine, 64, frame.shape[:2])
        assert 0 <= top < bottom <= 90 and 0 <= left < right <= 120
        seen = np.zeros_like(frame)
        seen[top:bottom, left:right] = frame[top:bottom, left:right]
        made, expected = (augment.resample(image, affine, 64) for image in (seen, frame))
        np.testing.assert_array_equal(made, expected)


def test_beyond_the_frame_its_edge_repeats():
    frame = np.random.default_rng(0).integers(0, 256, (20, 30, 4), "uint8")
    crop = augment.resample(frame, np.array([[1.0, 0, 17], [0, 1, 22]]), 64)
    inside = frame[np.clip(np.arange(64) - 22, 0, 19)[:, None], np.clip(np.arange(64) - 17, 0, 29)]
    np.testing.assert_array_equal(crop, inside)
