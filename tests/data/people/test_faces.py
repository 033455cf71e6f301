import numpy as np

from data.people import faces
from data.people.body import load_body


def test_an_eye_is_dark_in_its_middle_coloured_around_it_and_white_at_its_sides():
    angles = np.radians([0, 20, 60])
    outwards = np.stack([np.sin(angles), 0 * angles, np.cos(angles)], axis=1)
    iris = np.array([0.1, 0.2, 0.4])
    pupil, ring, white = faces.eye_colours(outwards, np.array([0, 0, 1]), iris)
    assert pupil.max() < 0.02
    np.testing.assert_allclose(ring / ring.sum(), iris / iris.sum(), rtol=1e-3)
    assert white.min() > 0.6


def test_lips_and_skin_have_the_colours_drawn_for_them():
    body = load_body()
    face = faces.Face(np.random.default_rng(1), body.phenotypes[0])
    skin = body.vertices["body"]
    masks = {name: mask[skin] for name, mask in body.masks.items()}
    colours = face.skin_colours(body, body.mean[skin], masks)
    np.testing.assert_allclose(colours[masks["lips"] > 0.9].mean(0), face.lips, rtol=0.25)
    trunk = body.mean[skin, 1] < 1.3
    np.testing.assert_allclose(colours[trunk].mean(axis=0), face.skin, rtol=0.1)


def test_a_receding_hairline_leaves_less_hair_and_all_of_it_is_on_the_head():
    body = load_body()
    points = body.mean[body.vertices["body"]]
    full, receding = (faces.scalp(body, points, rise) for rise in (0.0, 0.02))
    assert 0.5 * full.sum() < receding.sum() < 0.99 * full.sum()
    assert points[full > 0, 1].min() > body.eye_height - 0.1


def test_glasses_are_symmetric_before_the_eyes_and_end_at_the_ears():
    eye, ear = np.array([0.03, 1.5, 0.18]), np.array([0.08, 1.49, 0.1])
    points = np.concatenate(faces.glasses_lines(eye, ear))
    np.testing.assert_allclose(sorted(points[:, 0]), sorted(-points[:, 0]), atol=1e-12)
    assert (points[np.abs(points[:, 0]) < 0.05, 2] > eye[2]).all()
    assert (np.linalg.norm(points - ear, axis=1) < 1e-9).any()
