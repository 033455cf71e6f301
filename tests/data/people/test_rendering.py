import numpy as np
import pytest

from data.people.rendering import Mesh, Stage, View, material

SKY = np.ones((8, 16, 3))
WHOLE = (0, 0, 32, 32)


def square(half, depth, colour):
    points = half * np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)]) + (0, 0, depth)
    return Mesh(points, np.array([(0, 1, 2), (0, 2, 3)]), material(colour, specular=0))


def test_a_point_is_seen_where_the_camera_looks():
    view = View(np.array([0.3, 1.0, 4.0]), np.array([0.1, 1.2, 0.0]), 40)
    seen = view.project(np.stack([view.target, view.target + (0.1, 0.1, 0)]))
    np.testing.assert_allclose(seen[0], 0.5)
    assert seen[1, 0] > 0.5 > seen[1, 1]


def test_light_cover_and_distance_are_of_what_stands_in_front():
    view = View(np.array([0.0, 0, 4]), np.zeros(3), 2 * np.degrees(np.arctan(0.25)))
    stage = Stage([square(1.5, -1, (0.9, 0.1, 0.1))], SKY, view, 32)
    light, cover, depth = stage.render([square(0.5, 0, (0.1, 0.1, 0.9))], WHOLE, 16, 0)
    # The camera sees two metres at the front square, which is one metre wide.
    np.testing.assert_array_equal(cover[8:24, 8:24], 1)
    assert cover.mean() == pytest.approx(0.25, abs=0.01)
    assert depth[16, 16] == pytest.approx(4, abs=0.01)
    assert depth[16, 2] == pytest.approx(5, abs=0.2)
    assert light[16, 16, 2] > 3 * light[16, 16, 0]
    assert light[16, 2, 0] > 3 * light[16, 2, 2]
    assert not stage.render([], WHOLE, 1, 0)[1].any()


def test_a_window_is_a_part_of_the_picture_and_few_rays_give_edges_without_grain():
    front = [square(0.3, 0, (0.1, 0.1, 0.9))]
    view = View(np.array([0.0, 0, 4]), np.zeros(3), 20)
    stage = Stage([square(3, -1, (0.9, 0.1, 0.1))], SKY, view, 32)
    part, cover, _ = stage.render(front, (10, 4, 12, 20), 64, 0)
    whole, of_few_rays = (stage.render(front, WHOLE, rays, 0)[0] for rays in (64, 2))
    assert part.shape == (20, 12, 3) and cover.shape == (20, 12)
    assert np.abs(part - whole[4:24, 10:22])[2:-2, 2:-2].mean() < 0.02
    # It is 0.24 of a picture that is left as it is.
    assert np.abs(of_few_rays - whole).mean() < 0.08 * whole.mean()
    np.testing.assert_allclose(whole[16, 10], whole[16, 16], atol=0.08)  # a pixel from the edge
