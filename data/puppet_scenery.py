"""Where puppets stand: one still background per video, indoors, outdoors, or a studio.

Busy enough that inpainting it is a task, plain enough that a small network can learn it:
colours are duller than clothes, and textures have low contrast. Units are shares of the
frame's side, (0, 0) is the top left corner.
"""

import cv2
import numpy as np

from data.puppet_painting import (
    Canvas,
    Waves,
    blotches,
    brighter,
    checks,
    dots,
    ellipse,
    hsv,
    line,
    mixed,
    plaid,
    rectangle,
    solid,
    speckle,
    star,
    stripes,
)

PAINTED_SIZE = 512
"""A scene is painted at least this many pixels high, whatever the frame's size."""
WHOLE = rectangle(-0.1, -0.1, 1.1, 1.1)


def paint_background(rng: np.random.Generator, size: int) -> np.ndarray:
    """Paints a scene.

    Args:
        rng: Generator. The scene depends on it alone, not on the size.
        size: int. Height and width of the result.

    Returns:
        Float32 array (size, size, 3) in [0, 1], RGB.
    """
    # Patterns are finer than the pixels of a small frame: paint larger, and average.
    painted = size * max(1, -(-PAINTED_SIZE // size))
    canvas = Canvas((0, 0, 1, 1), painted)
    scenes = (_paint_room, _paint_park, _paint_street, _paint_studio)
    scene = scenes[rng.choice(len(scenes), p=(0.4, 0.25, 0.2, 0.15))]
    scene(rng, canvas, rng.uniform(0.6, 0.76))
    light_x, light_y = rng.uniform(0.1, 0.9), rng.uniform(-0.1, 0.5)
    distance = np.hypot(canvas.x - light_x, canvas.y - light_y)
    light = 1.08 - rng.uniform(0.12, 0.4) * distance**1.5
    light += rng.uniform(0.01, 0.03) * speckle(rng, painted, painted, 200)
    light += 0.025 * speckle(rng, painted, painted, 40)
    picture = np.clip(canvas.pixels[..., :3] * light[..., None], 0, 1)
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


def _dull(rng, value=(0.45, 0.9), saturation=(0.05, 0.4)):
    return hsv(rng.random(), rng.uniform(*saturation), rng.uniform(*value))


def _gradient(top, bottom, start, end):
    return mixed(lambda x, y: np.clip((y - start) / (end - start), 0, 1), top, bottom)


def _paint_floor(rng, canvas, horizon, first, second, pattern):
    """Paints a floor in perspective; its pattern fades into the distance."""
    vanishing = rng.uniform(0.3, 0.7)
    period = rng.uniform(0.16, 0.3)
    eye = horizon - rng.uniform(0.08, 0.2)  # the wall hides the floor beyond its foot
    patches = Waves(rng, 1.1)

    def weight(x, y):
        depth = 0.3 / np.maximum(y - eye, 0.02)
        across = (x - vanishing) * depth / period
        if pattern == "checks":
            value = (np.floor(across) + np.floor(depth / period)) % 2
        elif pattern == "planks":
            value = 0.6 * (np.floor(across) % 2) + 0.4 * ((across % 1) < 0.06)
        else:
            value = np.clip(0.5 + patches(across, depth * 4), 0, 1)
        near = np.clip((y - horizon) / 0.08, 0.3, 1)
        return 0.5 + near * (value - 0.5)

    canvas.fill(rectangle(-0.1, horizon, 1.1, 1.1), mixed(weight, first, second))


def _paint_room(rng, canvas, horizon):
    wall = _dull(rng, (0.5, 0.95))
    other = brighter(wall, rng.uniform(0.86, 0.94))
    period = rng.uniform(0.05, 0.12)
    papers = (
        _gradient(wall, other, 0, horizon),
        stripes(wall, other, period, 90),
        checks(wall, other, period),
        dots(wall, other, period),
        plaid(wall, other, period),
        _bricks(wall, other, 0.7 * period),
    )
    canvas.fill(WHOLE, papers[rng.integers(len(papers))])
    if rng.random() < 0.4:
        panel = _dull(rng, (0.35, 0.7))
        top = horizon - rng.uniform(0.12, 0.25)
        canvas.fill(
            rectangle(-0.1, top, 1.1, horizon), stripes(panel, brighter(panel, 0.9), 0.08, 90)
        )
        canvas.fill(rectangle(-0.1, top, 1.1, top + 0.012), brighter(panel, 1.25))
    furniture = (_paint_picture, _paint_picture, _paint_window, _paint_shelf, _paint_lamp)
    places = rng.permutation((0.14, 0.42, 0.62, 0.86))
    for x in places[: rng.integers(2, 5)]:
        furniture[rng.integers(len(furniture))](rng, canvas, x, rng.uniform(0.14, 0.42))
    floor = _dull(rng, (0.3, 0.7))
    pattern = ("checks", "planks", "carpet")[rng.integers(3)]
    _paint_floor(rng, canvas, horizon, floor, brighter(floor, rng.uniform(0.75, 0.9)), pattern)
    skirting = brighter(wall, rng.choice((0.6, 1.3)))
    canvas.fill(rectangle(-0.1, horizon - 0.022, 1.1, horizon + 0.004), skirting)
    if rng.random() < 0.6:
        _paint_plant(rng, canvas, rng.choice((0.1, 0.9)), horizon + 0.05)


def _bricks(brick, mortar, period):
    def joint(x, y):
        row = np.floor(y / period)
        return np.maximum((y / period) % 1 < 0.16, (x / period / 2 + row % 2 / 2) % 1 < 0.08)

    return mixed(joint, brick, mortar)


def _paint_picture(rng, canvas, x, y):
    width, height = rng.uniform(0.05, 0.12, 2)
    canvas.fill(
        rectangle(x - width + 0.01, y - height + 0.012, x + width + 0.01, y + height + 0.012),
        (0, 0, 0),
        opacity=0.18,
    )
    canvas.fill(rectangle(x - width, y - height, x + width, y + height), _dull(rng, (0.2, 0.9)))
    inside = rectangle(x - 0.85 * width, y - 0.87 * height, x + 0.85 * width, y + 0.87 * height)
    first, second = _dull(rng, (0.5, 0.95)), _dull(rng, (0.3, 0.8), (0.2, 0.5))
    arts = (
        _gradient(first, second, y - height, y + height),
        blotches(rng, first, second, 0.12),
        stripes(first, second, 0.06, rng.uniform(0, 180)),
    )
    canvas.fill(inside, arts[rng.integers(len(arts))])
    shapes = (ellipse(x, y, 0.45 * width, 0.45 * width), star(x, y, 0.55 * width))
    canvas.fill(shapes[rng.integers(2)], _dull(rng, (0.4, 0.9), (0.2, 0.55)), within=inside)


def _paint_window(rng, canvas, x, y):
    width, height = rng.uniform(0.08, 0.13), rng.uniform(0.12, 0.18)
    frame = brighter((0.95, 0.93, 0.9), rng.uniform(0.6, 1))
    canvas.fill(rectangle(x - width, y - height, x + width, y + height), frame)
    sky = _gradient(
        hsv(0.58, 0.35, 0.85), hsv(rng.uniform(0.1, 0.6), 0.15, 0.95), y - height, y + height
    )
    for left in (x - 0.9 * width, x + 0.06 * width):
        for top in (y - 0.92 * height, y + 0.05 * height):
            canvas.fill(rectangle(left, top, left + 0.84 * width, top + 0.87 * height), sky)
    sill = rectangle(x - 1.15 * width, y + height, x + 1.15 * width, y + height + 0.02)
    canvas.fill(sill, brighter(frame, 0.85))


def _paint_shelf(rng, canvas, x, y):
    width = rng.uniform(0.1, 0.14)
    wood = hsv(rng.uniform(0.05, 0.1), rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.7))
    for level in range(rng.integers(1, 4)):
        base = y + 0.13 * level
        left = x - 0.9 * width
        while left < x + 0.75 * width:
            thick, tall = rng.uniform(0.012, 0.03), rng.uniform(0.05, 0.095)
            book = rectangle(left, base - tall, left + thick, base)
            canvas.fill(book, _dull(rng, (0.3, 0.85), (0.2, 0.55)))
            left += thick + 0.002
        canvas.fill(rectangle(x - width, base, x + width, base + 0.014), wood)


def _paint_lamp(rng, canvas, x, y):
    glow = hsv(rng.uniform(0.08, 0.16), rng.uniform(0.1, 0.4), 0.97)
    canvas.fill(line((x, -0.1), (x, y), 0.006), (0.2, 0.2, 0.22))
    for radius in (0.16, 0.12, 0.08):
        canvas.fill(ellipse(x, y + 0.03, radius, radius), glow, opacity=0.12)
    width = rng.uniform(0.04, 0.08)
    shade = [(x - 0.4 * width, y - 0.03), (x + 0.4 * width, y - 0.03)]
    canvas.fill(np.array([*shade, (x + width, y + 0.04), (x - width, y + 0.04)]), glow)


def _paint_plant(rng, canvas, x, y):
    green = hsv(rng.uniform(0.25, 0.42), rng.uniform(0.35, 0.6), rng.uniform(0.35, 0.65))
    for angle in np.linspace(-70, 70, rng.integers(6, 10)):
        length = rng.uniform(0.09, 0.15)
        radians = np.radians(angle)
        centre = (x + length * np.sin(radians), y - 0.08 - length * np.cos(radians))
        leaf = ellipse(*centre, 0.022, length, turn=angle)
        canvas.fill(leaf, brighter(green, rng.uniform(0.75, 1.25)))
    pot = np.array([(-0.06, -0.1), (0.06, -0.1), (0.042, 0), (-0.042, 0)]) + (x, y)
    canvas.fill(ellipse(x, y, 0.07, 0.014), (0, 0, 0), opacity=0.25)
    canvas.fill(pot, hsv(rng.uniform(0, 0.1), rng.uniform(0.2, 0.6), rng.uniform(0.4, 0.8)))


def _paint_sky(rng, canvas, horizon):
    sky = hsv(rng.uniform(0.53, 0.64), rng.uniform(0.2, 0.5), rng.uniform(0.75, 0.95))
    haze = hsv(rng.uniform(0.0, 0.6), rng.uniform(0.05, 0.2), 0.95)
    canvas.fill(WHOLE, _gradient(sky, haze, 0, horizon))
    for _ in range(rng.integers(1, 4)):
        x, y = rng.uniform(0, 1), rng.uniform(0.05, 0.3)
        for _ in range(5):
            puff = ellipse(
                x + rng.uniform(-0.1, 0.1),
                y + rng.uniform(-0.015, 0.015),
                rng.uniform(0.04, 0.09),
                rng.uniform(0.02, 0.045),
            )
            canvas.fill(puff, (0.97, 0.97, 0.98), opacity=0.6)


def _paint_park(rng, canvas, horizon):
    _paint_sky(rng, canvas, horizon)
    grass = hsv(rng.uniform(0.19, 0.36), rng.uniform(0.25, 0.5), rng.uniform(0.45, 0.75))
    x = np.linspace(-0.1, 1.1, 60)
    for level, brightness in ((0.24, 0.8), (0.12, 0.9)):
        ridge = horizon - level - 0.06 * Waves(rng, 0.6)(x, 0 * x)
        hill = np.concatenate([np.stack([x, ridge], axis=-1), [(1.1, 1.1), (-0.1, 1.1)]])
        hue = rng.uniform(0.25, 0.55)
        canvas.fill(hill, brighter(hsv(hue, 0.22, 0.75), brightness))
    for x in rng.permutation((0.08, 0.25, 0.45, 0.7, 0.92))[: rng.integers(2, 5)]:
        _paint_tree(rng, canvas, x + rng.uniform(-0.05, 0.05), horizon + rng.uniform(-0.02, 0.03))
    _paint_floor(rng, canvas, horizon + 0.01, grass, brighter(grass, 0.86), "grass")
    if rng.random() < 0.5:
        end, near = rng.uniform(0.2, 0.8), rng.uniform(0.1, 0.9)
        path = [(end - 0.02, horizon + 0.01), (end + 0.02, horizon + 0.01)]
        path += [(near + 0.35, 1.1), (near - 0.35, 1.1)]
        sand = hsv(0.1, 0.22, rng.uniform(0.6, 0.8))
        canvas.fill(np.array(path), blotches(rng, sand, brighter(sand, 0.92), 0.1))
    if rng.random() < 0.4:
        wood = hsv(0.08, rng.uniform(0.1, 0.5), rng.uniform(0.4, 0.85))
        for x in np.arange(rng.uniform(-0.1, 0), 1.1, 0.1):
            canvas.fill(rectangle(x, horizon - 0.12, x + 0.022, horizon + 0.03), wood)
        for y in (0.09, 0.03):
            rail = rectangle(-0.1, horizon - y, 1.1, horizon - y + 0.018)
            canvas.fill(rail, brighter(wood, 0.9))


def _paint_tree(rng, canvas, x, base):
    height = rng.uniform(0.25, 0.5)
    trunk = hsv(rng.uniform(0.05, 0.1), 0.4, rng.uniform(0.3, 0.5))
    canvas.fill(line((x, base), (x, base - 0.6 * height), 0.03), trunk)
    leaves = hsv(rng.uniform(0.18, 0.42), rng.uniform(0.25, 0.5), rng.uniform(0.4, 0.65))
    if rng.random() < 0.4:
        for level in (0.25, 0.5, 0.75):
            y, width = base - level * height, 0.15 * (1.15 - level)
            fir = np.array([(x - width, y), (x + width, y), (x, y - 0.4 * height)])
            canvas.fill(fir, brighter(leaves, 0.7 + 0.3 * level))
        return
    for _ in range(9):
        offset = rng.uniform((-0.09, -0.3 * height), (0.09, 0.15 * height))
        blob = ellipse(x + offset[0], base - 0.75 * height + offset[1], *rng.uniform(0.04, 0.08, 2))
        canvas.fill(blob, brighter(leaves, 0.95 - offset[1] / height))


def _paint_street(rng, canvas, horizon):
    _paint_sky(rng, canvas, horizon)
    left = -0.05
    while left < 1:
        width, top = rng.uniform(0.16, 0.34), rng.uniform(0.02, 0.4)
        wall = _dull(rng, (0.45, 0.85), (0.05, 0.35))
        house = rectangle(left, top, left + width, horizon)
        paper = _bricks(wall, brighter(wall, 0.9), 0.03) if rng.random() < 0.4 else solid(wall)
        canvas.fill(house, paper)
        canvas.fill(rectangle(left, top, left + width, top + 0.02), brighter(wall, 0.75))
        glass = _dull(rng, (0.3, 0.9), (0.1, 0.35))
        columns = int(width / 0.08)
        for column in range(columns):
            x = left + width * (column + 0.5) / columns
            for y in np.arange(top + 0.06, horizon - 0.16, 0.12):
                lit = brighter(glass, rng.uniform(0.85, 1.15))
                canvas.fill(rectangle(x - 0.02, y, x + 0.02, y + 0.065), lit)
        if columns > 1:
            door = left + width * rng.uniform(0.25, 0.75)
            colour = _dull(rng, (0.25, 0.7), (0.2, 0.5))
            canvas.fill(rectangle(door - 0.03, horizon - 0.13, door + 0.03, horizon), colour)
        left += width
    stone = hsv(rng.random(), rng.uniform(0.02, 0.12), rng.uniform(0.45, 0.75))
    pattern = ("checks", "planks")[rng.integers(2)]
    _paint_floor(rng, canvas, horizon, stone, brighter(stone, 0.88), pattern)
    canvas.fill(rectangle(-0.1, horizon, 1.1, horizon + 0.012), brighter(stone, 1.2))


def _paint_studio(rng, canvas, horizon):
    wall, floor = _dull(rng, (0.55, 0.95)), _dull(rng, (0.4, 0.8))
    canvas.fill(WHOLE, _gradient(wall, floor, horizon - 0.15, horizon + 0.08))
    for _ in range(rng.integers(5, 10)):
        x, y = rng.uniform(0, 1), rng.uniform(0, 0.75)
        radius = rng.uniform(0.05, 0.2)
        shapes = (
            ellipse(x, y, radius, radius),
            [ellipse(x, y, radius, radius), ellipse(x, y, 0.7 * radius, 0.7 * radius)],
            rectangle(x - radius, y - 0.5 * radius, x + radius, y + 0.5 * radius),
            star(x, y, radius, int(rng.integers(3, 7))),
            line((x - radius, y), (x + radius, y + rng.uniform(-0.2, 0.2)), 0.03),
        )
        canvas.fill(shapes[rng.integers(len(shapes))], _dull(rng), opacity=rng.uniform(0.3, 0.8))
    canvas.fill(ellipse(rng.uniform(0.3, 0.7), 0.93, 0.5, 0.1), (1, 1, 1), opacity=0.12)
