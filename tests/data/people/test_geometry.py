import numpy as np
import pytest

from data.people import geometry

X, Y = np.meshgrid(np.linspace(0, 1, 6), np.linspace(0, 1, 6))
POINTS = np.stack([X.ravel(), Y.ravel(), 0 * X.ravel()], axis=1)
INDEX = np.arange(36).reshape(6, 6)
CORNERS = [INDEX[:-1, :-1], INDEX[:-1, 1:], INDEX[1:, 1:], INDEX[1:, :-1]]
QUADS = np.stack(CORNERS, axis=-1).reshape(-1, 4)
"""A grid of quads in the plane z = 0, from 0 to 1."""


def area(points, faces):
    first, second, third = points[faces].swapaxes(0, 1)
    return np.cross(second - first, third - first)[:, 2].sum() / 2


def test_a_cut_leaves_the_part_inside():
    matrix, faces = geometry.clip(geometry.triangles(QUADS), POINTS[:, 0] + POINTS[:, 1] - 0.33)
    left = matrix @ POINTS
    assert (left[:, 0] + left[:, 1]).min() == pytest.approx(0.33, abs=1e-6)
    assert area(left, faces) == pytest.approx(1 - 0.33**2 / 2, abs=0.005)
    assert len(np.unique(faces)) == len(left)


@pytest.mark.parametrize("times", [1, 2])
def test_finer_quads_lie_where_the_coarse_ones_do(times):
    finer, matrix = geometry.subdivide(QUADS, len(POINTS), times)
    points, faces = matrix @ POINTS, geometry.triangles(finer)
    assert len(finer) == 4**times * len(QUADS)
    assert area(points, faces) == pytest.approx(1)
    np.testing.assert_allclose(geometry.normals(points, faces)[:, 2], 1)


def test_a_turn_to_the_left_is_a_positive_yaw():
    np.testing.assert_allclose(geometry.euler(0, np.pi / 2) @ (0, 0, 1), (1, 0, 0), atol=1e-12)


def test_a_vertex_becomes_the_mean_of_its_neighbours_inside_and_at_the_border():
    pairs = np.unique(geometry.edges(QUADS), axis=0)
    moved = geometry.neighbour_average(pairs, len(POINTS)) @ POINTS
    np.testing.assert_allclose(moved[7], POINTS[7], atol=1e-6)
    np.testing.assert_allclose(moved[0], (POINTS[1] + POINTS[6]) / 2, atol=1e-6)
