import numpy as np
import pytest

from data.puppet_painting import (
    Canvas,
    Waves,
    checks,
    dots,
    ellipse,
    line,
    rectangle,
    solid,
    speckle,
    star,
    stripes,
    symmetric,
    tube,
)

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


@pytest.mark.parametrize("density", [10, 37])
def test_a_shape_covers_its_area_at_any_density(density):
    canvas = Canvas((-1, -2, 3, 2), density)
    canvas.fill(ellipse(1, 0, 1.5, 1), RED)
    area = canvas.pixels[..., 3].sum() / density**2
    # OpenCV's smoothed edges reach up to a pixel beyond the outline.
    assert np.pi * 1.5 <= area < np.pi * (1.5 + 1 / density) * (1 + 1 / density)


def test_edges_move_by_parts_of_a_pixel():
    covered = []
    for edge in (3.0, 3.25, 3.5, 3.75, 4.0):
        canvas = Canvas((0, 0, 8, 4), 1)
        canvas.fill(rectangle(-1, -1, edge, 5), RED)
        covered.append(canvas.pixels[2, :, 3].sum())
    assert (np.diff(covered) > 0.05).all()
    assert covered[-1] - covered[0] == pytest.approx(1, abs=0.02)


def test_where_outlines_overlap_is_a_hole():
    canvas = Canvas((0, 0, 1, 1), 60)
    canvas.fill([ellipse(0.5, 0.5, 0.4, 0.4), ellipse(0.5, 0.5, 0.2, 0.2)], RED)
    assert canvas.pixels[30, 30, 3] == 0
    assert canvas.pixels[30, 12, 3] == 1


def test_a_shape_is_cut_to_another():
    canvas = Canvas((0, 0, 1, 1), 20)
    canvas.fill(rectangle(0, 0, 1, 1), RED, within=rectangle(-1, -1, 0.5, 2))
    assert canvas.pixels[10, 5, 3] == 1
    assert canvas.pixels[10, 15, 3] == 0


def test_opacity_mixes_with_what_is_below():
    canvas = Canvas((0, 0, 1, 1), 20)
    canvas.fill(rectangle(-1, -1, 2, 2), RED)
    canvas.fill(rectangle(-1, -1, 2, 2), BLUE, opacity=0.25)
    np.testing.assert_allclose(canvas.pixels[10, 10], [0.75, 0, 0.25, 1])


def test_a_shape_outside_the_canvas_changes_nothing():
    canvas = Canvas((0, 0, 1, 1), 20)
    canvas.fill(star(5, 5, 1), RED)
    assert not canvas.pixels.any()


def test_a_sprite_averages_blocks_of_pixels():
    canvas = Canvas((0, 0, 0.9, 1), 10)
    canvas.fill(rectangle(-1, -1, 2, 0.5), RED)
    sprite = canvas.sprite(2)
    assert sprite.pixels.shape == (5, 5, 4)
    assert sprite.density == 5
    np.testing.assert_allclose(sprite.pixels[0, 0], [1, 0, 0, 1])
    np.testing.assert_allclose(sprite.pixels[0, 4], [0.5, 0, 0, 0.5])


def test_outlines_with_a_mirror_side_are_symmetric():
    for outline in (symmetric([(1, 0), (2, 1), (0, 2)], 2), tube(0, 3, lambda y: 1 + y / 9)):
        mirrored = outline[::-1] * (-1, 1)
        np.testing.assert_allclose(np.sort(mirrored, axis=0), np.sort(outline, axis=0), atol=1e-9)


def test_a_tube_has_round_ends():
    outline = tube(0, 3, lambda y: 0 * y + 0.5)
    np.testing.assert_allclose(outline.min(axis=0), [-0.5, -0.5], atol=0.01)
    np.testing.assert_allclose(outline.max(axis=0), [0.5, 3.5], atol=0.01)


def test_a_line_has_its_width():
    np.testing.assert_allclose(np.ptp(line((0, 0), (4, 0), 0.5), axis=0), [4, 0.5])


@pytest.mark.parametrize("texture", [solid(RED), checks(RED, BLUE, 0.3), dots(RED, BLUE, 0.3)])
def test_textures_give_colours_of_the_coordinates_shape(texture):
    x, y = np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 7))
    colours = texture(x, y)
    assert colours.shape == (7, 5, 3)
    assert 0 <= colours.min() <= colours.max() <= 1


def test_stripes_repeat_with_their_period():
    x, y = np.zeros(4), np.array([0.01, 0.06, 0.11, 0.16])
    red = stripes(RED, BLUE, 0.1)(x, y)[:, 0]
    np.testing.assert_allclose(red, [0, 1, 0, 1])


def test_noise_is_the_same_picture_at_any_resolution():
    waves = Waves(np.random.default_rng(0), 0.2)
    assert waves(np.array([0.3]), np.array([0.4])) == waves(np.array([0.3]), np.array([0.4]))
    coarse, fine = (speckle(np.random.default_rng(0), side, side, 10) for side in (50, 100))
    np.testing.assert_allclose(fine.reshape(50, 2, 50, 2).mean((1, 3)), coarse, atol=0.15)
