import numpy as np
import pytest

from data.people import geometry


def square(cells):
    """A grid of quads in the plane z = 0, from 0 to 1."""
    x, y = np.meshgrid(np.linspace(0, 1, cells + 1), np.linspace(0, 1, cells + 1))
    points = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1)
    index = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1)
    return points, quads.reshape(-1, 4)


def area(points, faces):
    corners = points[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return across[:, 2].sum() / 2


def test_a_cut_leaves_exactly_the_part_inside():
    points, quads = square(5)
    matrix, faces = geometry.clip(geometry.triangles(quads), points[:, 0] + points[:, 1] - 0.33)
    left = matrix @ points
    assert (left[:, 0] + left[:, 1]).min() == pytest.approx(0.33, abs=1e-6)
    assert area(left, faces) == pytest.approx(1 - 0.33**2 / 2, abs=1e-6)
    assert len(np.unique(faces)) == len(left)


def test_finer_quads_lie_where_the_coarse_ones_do():
    points, quads = square(3)
    finer, matrix = geometry.subdivide(quads, len(points))
    assert len(finer) == 4 * len(quads)
    assert area(matrix @ points, geometry.triangles(finer)) == pytest.approx(1)
    np.testing.assert_allclose(
        geometry.normals(matrix @ points, geometry.triangles(finer))[:, 2], 1
    )


def test_rotations_take_directions_where_they_are_to_go():
    turn = geometry.between((1, 0, 0), (0, 2, 1))
    np.testing.assert_allclose(turn @ (1, 0, 0), geometry.unit(np.array([0, 2.0, 1])), atol=1e-12)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(geometry.euler(0, np.pi / 2) @ (0, 0, 1), (1, 0, 0), atol=1e-12)


def test_a_smooth_step_rises_or_falls_and_keeps_32_bit_floats():
    values = np.float32([-1, 0.25, 0.5, 2])
    rising, falling = geometry.smoothstep(values, 0, 1), geometry.smoothstep(values, 1, 0)
    np.testing.assert_allclose(rising, [0, 0.15625, 0.5, 1])
    np.testing.assert_allclose(falling, 1 - rising)
    assert rising.dtype == np.float32
    assert geometry.smoothstep(np.zeros(1), 0, np.float64(1)).dtype == np.float64


def test_a_vertex_becomes_the_mean_of_its_neighbours_inside_and_at_the_border():
    points, quads = square(2)
    moved = geometry.neighbour_average(quads, len(points)) @ points
    np.testing.assert_allclose(moved[4], points[4], atol=1e-6)
    np.testing.assert_allclose(moved[0], (points[1] + points[3]) / 2, atol=1e-6)
