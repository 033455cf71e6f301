import dataclasses

import cv2
import numpy as np
import pytest

from data import puppet_people
from data.puppet_motion import JOINT, body_points, place_in_frame, sample_body, sample_motion
from data.puppet_painting import Canvas, ellipse, star
from data.puppet_people import HAIR_STYLES, Part, make_parts, sample_look
from data.puppet_rendering import _paste, render_video
from data.puppet_scenery import paint_background

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def video(seed=0, frames=3, size=64, frame_step=1):
    drawn = render_video(np.random.default_rng(seed), frames, size, frame_step)
    return tuple(np.stack(arrays) for arrays in zip(*drawn, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_people_keep_their_bones_their_limits_and_within_the_frame(seed):
    rng = np.random.default_rng(seed)
    body, motion = sample_body(rng), sample_motion(rng, 60)
    points, scale = place_in_frame(rng, body, body_points(body, motion))
    assert 0.5 < scale <= 0.66
    assert 0.035 < points.min() < points.max() < 0.965
    for side in ("right", "left"):
        for bone, start, end in (
            ("upper_arm", "shoulder", "elbow"),
            ("lower_arm", "elbow", "wrist"),
            ("upper_leg", "hip", "knee"),
            ("lower_leg", "knee", "ankle"),
        ):
            ends = points[:, JOINT[f"{side}_{start}"]] - points[:, JOINT[f"{side}_{end}"]]
            length = scale * getattr(body, bone) * motion["scale"]
            np.testing.assert_allclose(np.linalg.norm(ends, axis=-1), length)
        assert -38 <= motion[f"{side}_arm"].min() <= motion[f"{side}_arm"].max() <= 174
        assert np.abs(motion[f"{side}_elbow"]).max() <= 142
        # An arm that hangs down cannot bend outwards.
        assert (motion[f"{side}_elbow"][motion[f"{side}_arm"] < 5] < 35).all()
        assert -20 <= motion[f"{side}_leg"].min() <= motion[f"{side}_leg"].max() <= 62
    for name in ("shoulder", "hip"):
        assert (points[:, JOINT[f"right_{name}"], 0] < points[:, JOINT[f"left_{name}"], 0]).all()
    velocity = np.diff(points[:, : len(JOINT)], axis=0)
    assert np.linalg.norm(velocity, axis=-1).max() < 0.08


def test_shapes_are_filled_within_others_with_holes_and_mixed_with_what_is_below():
    canvas = Canvas((0, 0, 1, 1), 60)
    canvas.fill(star(5, 5, 1), RED)  # outside
    assert not canvas.pixels.any()
    ring = [ellipse(0.5, 0.5, 0.4, 0.4), ellipse(0.5, 0.5, 0.2, 0.2)]
    canvas.fill(ring, RED, within=ellipse(0, 0.5, 0.5, 0.5))
    assert canvas.pixels[30, [12, 30, 48], 3].tolist() == [1, 0, 0]
    canvas.fill(ring, BLUE, opacity=0.25)
    np.testing.assert_allclose(canvas.pixels[30, 12], [0.75, 0, 0.25, 1])
    sprite = canvas.sprite(2)
    assert (sprite.pixels.shape, sprite.density) == ((30, 30, 4), 30)
    np.testing.assert_allclose(sprite.pixels[15, 6], [0.75, 0, 0.25, 1])


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_every_bone_has_a_visible_part_with_any_hair(style, monkeypatch):
    def with_style(rng):
        return dataclasses.replace(sample_look(rng), hair_style=style)

    monkeypatch.setattr(puppet_people, "sample_look", with_style)
    rng = np.random.default_rng(3)
    parts = make_parts(rng, sample_body(rng), 100)
    bones = {(part.start, part.end) for part in parts}
    assert {joint for bone in bones for end in bone for joint in end} == set(JOINT.values())
    for part in parts:
        pixels = part.sprite.pixels
        assert pixels[..., 3].max() > 0.9
        assert (pixels[..., :3] <= pixels[..., 3:] + 1e-5).all()  # premultiplied


@pytest.mark.parametrize("seed", range(6))
def test_every_scene_is_opaque_and_textured(seed):
    picture = paint_background(np.random.default_rng(seed), 128)
    assert picture.shape == (128, 128, 3)
    assert 0 <= picture.min() <= picture.max() <= 1
    assert picture.std(axis=(0, 1)).min() > 0.02


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


def test_the_box_encloses_the_joints_and_only_what_is_in_it_moves():
    images, joints, boxes = video(4, frames=40)
    low, high = boxes[:, None, :2], boxes[:, None, :2] + boxes[:, None, 2:]
    assert (joints >= low).all() and (joints <= high).all()
    assert low.min() > 0 and high.max() < 63
    rows, columns = np.nonzero(np.ptp(images, axis=0).max(axis=-1) > 40)
    low, high = low.min(axis=(0, 1)), high.max(axis=(0, 1))
    # The shadow on the floor may reach out a little.
    assert low[0] - 7 <= columns.min() <= columns.max() <= high[0] + 7
    assert low[1] - 1 <= rows.min() <= rows.max() <= high[1] + 5


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
