import cv2
import numpy as np
import pytest

from data.puppet_painting import Canvas, ellipse
from data.puppet_people import Part
from data.puppet_rendering import _paste, render_video


def video(seed=0, frames=3, size=64, frame_step=1):
    drawn = render_video(np.random.default_rng(seed), frames, size, frame_step)
    return tuple(np.stack(arrays) for arrays in zip(*drawn, strict=True))


@pytest.mark.parametrize("size", [32, 50, 256])
def test_frames_joints_and_boxes_have_their_shapes_at_any_size(size):
    images, joints, boxes = video(size=size)
    assert (images.shape, images.dtype) == ((3, size, size, 3), np.uint8)
    assert (joints.shape, joints.dtype) == ((3, 14, 2), np.float64)
    assert boxes.shape == (3, 4)


def test_the_same_seed_gives_the_same_video_and_another_seed_another():
    first, again, other = video(0), video(0), video(1)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert np.abs(first[0].astype(int) - other[0]).mean() > 10


def test_another_size_gives_the_same_video():
    (small, small_joints, _), (large, large_joints, _) = video(size=64), video(size=256)
    np.testing.assert_allclose((small_joints + 0.5) * 4, large_joints + 0.5)
    shrunk = cv2.resize(large[0], (64, 64), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - small[0]).mean() < 4


def test_frames_further_apart_are_every_nth_of_the_same_motion():
    _, smooth, _ = video(frames=12)
    _, joints, _ = video(frames=4, frame_step=3)
    # The person may stand elsewhere in the frame, and be of another size.
    expected, found = (np.diff(points, axis=1) for points in (smooth[::3], joints))
    scale = np.linalg.norm(found) / np.linalg.norm(expected)
    np.testing.assert_allclose(found, scale * expected, atol=1e-6)


def test_the_box_encloses_joints_and_stays_in_the_frame():
    for seed in range(5):
        _, joints, boxes = video(seed)
        low, high = boxes[:, None, :2], boxes[:, None, :2] + boxes[:, None, 2:]
        assert (joints >= low).all()
        assert (joints <= high).all()
        assert low.min() > 0
        assert high.max() < 63


def test_only_the_person_moves():
    images, _, boxes = video(4, frames=40)
    changed = np.ptp(images, axis=0).max(axis=-1) > 40
    low = boxes[:, :2].min(axis=0) - 1
    high = (boxes[:, :2] + boxes[:, 2:]).max(axis=0) + 1
    rows, columns = np.nonzero(changed)
    assert changed.any()
    # The shadow on the floor may reach out a little.
    assert low[0] - 6 <= columns.min() <= columns.max() <= high[0] + 6
    assert low[1] <= rows.min() <= rows.max() <= high[1] + 4


def test_a_sprite_is_moved_by_the_similarity_of_its_bone():
    drawing = Canvas((-1, -1, 2, 3), 20)
    drawing.fill(ellipse(0, 2, 0.2, 0.2), (1, 1, 1))
    drawing.fill(ellipse(1, 0, 0.2, 0.2), (1, 1, 1))
    part = Part(drawing.sprite(2), (0,), (1,), 2.0)
    start, end = np.array([30.25, 40.5]), np.array([50.5, 30.75])
    canvas = np.zeros((80, 80, 4), "float32")
    _paste(canvas, part, np.array([start, end]))
    along = (end - start) / 2
    across = np.array([along[1], -along[0]])
    for centre in (end, start + across):
        # The canvas counts from the first pixel's edge.
        y, x = np.mgrid[:80, :80] + 0.5
        near = canvas[..., 3] * (np.hypot(x - centre[0], y - centre[1]) < 6)
        found = np.array([(near * x).sum(), (near * y).sum()]) / near.sum()
        np.testing.assert_allclose(found, centre, atol=0.15)
