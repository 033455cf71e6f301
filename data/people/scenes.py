"""Places: rooms, studios, offices, streets and parks, and the light that fills them.

The person stands at the origin and faces the camera, which is at positive z. What is far away is
painted around everything, a float array (H, W, 3) of linear RGB, and lights the place, too.
"""

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from data.people.fabrics import blend, hsv, linear
from data.people.geometry import normals, smoothstep, triangles, unit
from data.people.rendering import Mesh, material

FLOOR = -0.012  # height of the floor: soles are that thick
SIZE = 256  # height and width of a tile, height of a panorama and half its width, in pixels
KINDS = {
    # Chances behind an upper body and behind a whole person; surfaces of the ground.
    "studio": (0.2, 0.2, ("cloth", "plaster")),
    "room": (0.45, 0.34, ("planks", "planks", "carpet")),
    "office": (0.15, 0.1, ("carpet", "planks")),
    "park": (0.1, 0.2, ("grass", "grass", "asphalt")),
    "street": (0.1, 0.16, ("asphalt", "paving")),
}
SURFACES = {
    # Least and greatest hue, saturation and value; strength of fine and of coarse noise; width of
    # the coarse noise in pixels, down and along a board; rows and columns of bricks or boards.
    "plaster": ((0, 0, 0.6), (1, 0.18, 0.95), 0.002, 0.01, 16, 0, 0),
    "cloth": ((0, 0, 0.15), (1, 0.4, 0.9), 0.02, 0.02, 8, 0, 0),
    "art": ((0, 0.1, 0.3), (1, 0.6, 0.8), 0, 0.5, 30, 0, 0),
    "wood": ((0.05, 0.2, 0.25), (0.1, 0.5, 0.8), 0.01, 0.08, (2, 30), 0, 0),
    "planks": ((0.06, 0.3, 0.3), (0.09, 0.5, 0.65), 0.01, 0.06, (2, 30), 14, 1),
    "carpet": ((0, 0, 0.3), (1, 0.12, 0.65), 0.05, 0.03, 4, 0, 0),
    "brick": ((0.03, 0.05, 0.5), (0.08, 0.4, 0.95), 0.02, 0.04, 4, 26, 8),
    "paving": ((0.08, 0.02, 0.5), (0.12, 0.08, 0.62), 0.03, 0.04, 4, 4, 4),
    "asphalt": ((0.08, 0, 0.35), (0.12, 0.15, 0.6), 0.08, 0.04, 8, 0, 0),
    "grass": ((0.19, 0.4, 0.36), (0.26, 0.55, 0.46), 0.12, 0.1, 4, 0, 0),
}
LAYERS = {
    # What is seen far away, from back to front: a look, the least and the greatest height above the
    # horizon, and the mean width; radians.
    "park": (("leaves", 0.1, 0.42, 0.3), ("leaves", -0.02, 0.1, 0.15)),
    "street": (("windows", 0.15, 0.6, 0.28), ("leaves", -0.2, 0.25, 0.1), ("plain", 0, 0.05, 0.05)),
    "office": (("plain", 1.6, 1.6, 2), ("windows", -0.1, 0.25, 0.2), ("plain", -0.2, 0.1, 0.06)),
}
LAMPS = {
    # Chance, and the side, 1 for the key's; ranges of how far it is aside, up and to the front, of
    # its width in radians and of its strength.
    "key": (1, 1, (0.4, 1.3), (0.2, 0.8), (0.5, 1.2), (0.25, 0.6), (2, 7)),
    "fill": (0.7, -1, (0.6, 1.4), (0.1, 0.5), (0.6, 1.2), (0.4, 0.7), (0.1, 1)),
    "rim": (0.4, -1, (0.8, 1.4), (0.5, 0.9), (-1, -0.6), (0.25, 0.4), (0.5, 3)),
    "sun": (0.6, 1, (0.2, 1.2), (0.5, 1.2), (-0.3, 1.2), (0.08, 0.1), (60, 90)),
}
FURNITURE = {
    # Boxes: material and two corners, from where the wall meets the floor.
    "picture": (("wood", -0.28, 1.33, 0, 0.28, 1.77, 0.02),
                ("art", -0.25, 1.36, 0, 0.25, 1.74, 0.03)),
    "door": (("plaster", -0.5, 0, 0, 0.5, 2.1, 0.03), ("wood", -0.43, 0, 0, 0.43, 2.03, 0.05)),
    "cabinet": (("wood", -0.45, 0, 0, 0.45, 0.84, 0.4), ("wood", 0.01, 0.04, 0, 0.44, 0.8, 0.42)),
    "shelf": tuple(("wood", -0.4, y, 0, 0.4, y + 0.025, 0.28) for y in (0.3, 0.7, 1.1, 1.5, 1.9)),
    "lamp": (("wood", -0.02, 0, 0.3, 0.02, 1.5, 0.3), ("plaster", -0.2, 1.5, 0.1, 0.2, 1.8, 0.5)),
    "sofa": (("cloth", -0.6, 0, 0.1, 0.6, 0.42, 0.9), ("cloth", -0.6, 0, 0.1, 0.6, 0.85, 0.32),
             ("cloth", -0.7, 0, 0.1, -0.56, 0.6, 0.9), ("cloth", 0.56, 0, 0.1, 0.7, 0.6, 0.9)),
    "plant": (("cloth", -0.13, 0, 0.17, 0.13, 0.34, 0.43),),
}  # fmt: skip


def sample_place(rng: np.random.Generator, upper: bool) -> tuple[list[Mesh], np.ndarray, float]:
    """Draws a place; `upper` says whether only an upper body is seen before it.

    Returns its meshes, the light (SIZE, 2 SIZE, 3) from all around, and how much the lens blurs
    what is infinitely far, as a share of the picture.
    """
    kind = str(rng.choice(list(KINDS), p=[row[0 if upper else 1] for row in KINDS.values()]))
    ground = _surface(rng, rng.choice(KINDS[kind][2]))
    if kind == "studio":
        return [_backdrop(rng, ground)], _light(rng, "key", "fill", "rim"), 0.0
    if kind == "room":
        return _room(rng, ground)
    floor = _box((-15, FLOOR - 0.1, -8 if kind == "office" else -34), (15, FLOOR, 6), ground)
    light = _light(rng, *(("key", "fill") if kind == "office" else ("sun", "key")))
    return [floor], light + _panorama(rng, kind), rng.uniform(0.012, 0.035)


def _light(rng, *names):
    """Light (SIZE, 2 SIZE, 3) of some of LAMPS, and a little from everywhere."""
    polar, turn = np.mgrid[0.5:SIZE, 0.5 : 2 * SIZE] * np.pi / SIZE
    across = np.sin(polar)
    directions = np.stack([np.sin(turn) * across, np.cos(polar), -np.cos(turn) * across], axis=-1)
    light = np.repeat(0.13 + 0.08 * directions[..., 1:2], 3, axis=-1)
    key_side = rng.choice((-1, 1))
    for chance, side, *ranges in (LAMPS[name] for name in names):
        aside, up, front, width, strength = (rng.uniform(*limits) for limits in ranges)
        colour = strength * (1 + rng.uniform(-0.3, 0.7) * np.array([0.2, 0, -0.3]))
        angle = np.arccos(directions @ unit(np.array([key_side * side * aside, up, front])))
        light += (rng.random() < chance) * np.exp(-((angle / width) ** 4))[..., None] * colour
    return light


def _panorama(rng, kind):
    """The light (SIZE, 2 SIZE, 3) from all around in one of LAYERS, without lamps and sun."""
    up = np.pi * (0.5 - np.arange(0.5, SIZE)[:, None] / SIZE)
    around = np.pi * np.arange(2 * SIZE) / SIZE
    lumps = _noise(rng, (SIZE, 2 * SIZE), 4, 12, 30)
    leaves = _noise(rng, (SIZE, 2 * SIZE), 0.8, 2, 5)
    picture = blend(linear(150, 190, 250), linear(255, 255, 255), rng.random() + 0.4 * lumps)
    for look, low, high, width in LAYERS[kind]:
        count = int(12 / width)
        ends = np.cumsum(width * rng.uniform(0.6, 1.6, count))
        block = np.searchsorted(ends, around).clip(max=count - 1)
        top = rng.uniform(low, high, count)[block]
        colours = [hsv(*rng.uniform((0.03, 0, 0.25), (0.13, 0.3, 0.85))) for _ in range(count)]
        colour = np.stack(colours)[block]
        if look == "leaves":
            top = gaussian_filter1d(top, 8, mode="wrap") + 0.03 * lumps
            colour = blend(linear(80, 104, 40), linear(124, 128, 58), 0.5 + 0.3 * lumps)
            colour = colour * np.exp(0.55 * leaves - 0.3)[..., None]
        elif look == "windows":
            x, y = around * rng.uniform(14, 26, count)[block], up * rng.uniform(14, 26)
            glass = (np.abs(x % 1 - 0.5) < 0.28) & (np.abs(y % 1 - 0.5) < 0.32)
            lights = rng.random((200, 50))[x.astype(int), y.astype(int)] ** 3
            colour = np.where(glass[..., None], (0.04 + 0.8 * lights)[..., None], 0.8 * colour)
        picture = np.where((up < top)[..., None], colour, picture)
    return np.where(up[..., None] < -0.2, linear(122, 122, 108), picture).clip(0.02)


def _noise(rng, shape, *widths):
    """Noise (H, W) that repeats without a seam: spots of some widths in pixels; deviation one."""
    spots = [gaussian_filter(rng.standard_normal(shape), width, mode="wrap") for width in widths]
    return sum(spot / spot.std() for spot in spots) / np.sqrt(len(spots))


def _surface(rng, kind):
    """A material of one of SURFACES: a tile of two metres by two that repeats without a seam."""
    *colours, fine, coarse, width, rows, columns = SURFACES[kind]
    fine_noise, coarse_noise = (_noise(rng, (SIZE, SIZE), spots) for spots in (0.5, width))
    shade = 1 + fine * fine_noise + coarse * coarse_noise
    if rows:
        y, x = np.mgrid[:SIZE, :SIZE] / SIZE * np.reshape((rows, columns), (2, 1, 1))
        row = y.astype(int)
        x += 0.5 * (row % 2)
        shade *= np.exp(rng.normal(0, 0.08, (rows, columns)))[row, x.astype(int) % columns]
        to_joint = np.minimum(np.abs(y - y.round()) / rows, np.abs(x - x.round()) / columns)
        shade *= 1 - 0.3 * smoothstep(to_joint, 0.006, 0.001)
    picture = np.clip(hsv(*rng.uniform(*colours)) * shade[..., None], 0.004, 0.95)
    return material(picture, rng.uniform(0.4, 0.9), 0.2)


def _box(low, high, surface):
    """A box between two corners; its texture shows two metres by two."""
    sides = ((1, 5, 7, 3), (5, 4, 6, 7), (4, 0, 2, 6), (0, 1, 3, 2), (3, 7, 6, 2), (0, 4, 5, 1))
    share = np.array(list(np.ndindex(2, 2, 2)))[np.ravel(sides)]
    points = low + share * np.subtract(high, low)
    seen_axes = np.repeat([(0, 1), (2, 1), (0, 1), (2, 1), (0, 2), (0, 2)], 4, axis=0)
    texcoords = np.take_along_axis(points, seen_axes, axis=1) / 2
    return Mesh(points, triangles(np.arange(24).reshape(6, 4)), surface, None, texcoords)


def _cloth(x, y, z, surface):
    """Cloth through the points of three arrays, which broadcast to (rows, columns)."""
    grid = np.stack(np.broadcast_arrays(x, y, z), axis=-1)
    rows, columns, _ = grid.shape
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1, 1)
    faces, points = triangles(first + (0, 1, columns + 1, columns)), grid.reshape(-1, 3)
    texcoords = np.stack([points[:, 0], points[:, 1] - points[:, 2]], axis=1) / 2
    return Mesh(points, faces, surface, normals(points, faces), texcoords)


def _backdrop(rng, surface):
    """A studio's cloth or paper that runs out onto the floor."""
    depth, radius, angle = rng.uniform(1.3, 2.4), 0.6, np.linspace(0, np.pi / 2, 14)
    x = np.linspace(-5, 5, 120)
    y = FLOOR + np.array([0, *(radius * (1 - np.cos(angle))), 5.0])[:, None]
    z = np.array([3.0, *(radius - depth - radius * np.sin(angle)), -depth])[:, None]
    # Cloth that hangs has wide shallow folds; they end where it lies on the floor.
    folds = rng.choice((0, 0.02)) * np.sin(np.cumsum(rng.normal(size=len(x))))
    return _cloth(x, y, z + folds * smoothstep(y, 0, 0.5), surface)


def _room(rng, ground):
    """A room that is open to the front, where the light comes in."""
    depth, height, half = rng.uniform(1.7, 3.2), rng.uniform(2.5, 3.0), rng.uniform(2.4, 3.4)
    wall = _surface(rng, rng.choice(("plaster", "brick"), p=(0.85, 0.15)))
    white = material(linear(225, 222, 215), 0.6, 0.2)
    sky, back, window = _light(rng, "key", "fill", "rim"), -depth, rng.random() < 0.4
    found = [
        _box((-half, FLOOR - 0.1, back), (half, FLOOR, 4), ground),
        _box((-half, height, back), (half, height + 0.1, 0.3 * back), white),
        _box((-half - 0.1, FLOOR, back), (0.1 - half, height, 0), wall),
        _box((half - 0.1, FLOOR, back), (half + 0.1, height, 0), wall),
        _box((-half, 0, back), (half, 0.1, back + 0.02), white),
    ]
    # A window is a hole between four panels of the wall; without one, a fifth panel fills it.
    left, right = np.sort(rng.uniform(-1.4, 1.4, 2)) + (-0.3, 0.3)
    low, high = 0.9, 2.2
    panels = [(-half, FLOOR, left, height), (right, FLOOR, half, height)]
    panels += [(left, FLOOR, right, low), (left, high, right, height), (left, low, right, high)]
    for x0, y0, x1, y1 in panels[: 4 if window else 5]:
        found.append(_box((x0, y0, back - 0.1), (x1, y1, back), wall))
    if window:
        behind = np.r_[: SIZE // 2, -SIZE // 2 : 0]
        sky[:, behind] += _panorama(rng, rng.choice(("park", "street")))[:, behind]
        for x in (left, (left + right) / 2, right):
            found.append(_box((x - 0.03, low, back - 0.05), (x + 0.03, high, back + 0.02), white))
        curtain = material(hsv(*rng.uniform((0, 0, 0.4), (1, 0.4, 0.95))), 0.9)
        y, x = np.array([[rng.choice((0.05, 0.7))], [height - 0.25]]), np.linspace(0, 0.5, 160)
        folds = 0.04 * np.sin(rng.uniform(40, 60) * x + np.sin(28 * x)) + 0.02 * np.sin(120 * x)
        z = back + 0.12 + folds * np.array([[1.2], [0.7]])
        found += [_cloth(start + x, y, z, curtain) for start in (left - 0.4, right - 0.1)]
    places = np.arange(-half + 0.6, half - 0.5, 1.15)
    for kind, x in zip(rng.permutation(list(FURNITURE)), places, strict=False):
        if rng.random() < 0.75 and not (window and left - 0.8 < x < right + 0.8):
            found += _furniture(rng, kind, (x, 0, back))
    return found, sky, rng.choice((0.0, 0.008, 0.02), p=(0.3, 0.4, 0.3))


def _furniture(rng, kind, place):
    """What stands or hangs at a wall; one of FURNITURE at (3,), where the wall meets the floor."""
    surfaces = {name: _surface(rng, name) for name in ("wood", "cloth", "art", "plaster")}
    found = []
    for surface, *corners in FURNITURE[kind]:
        low, high = np.reshape(corners, (2, 3)) + place
        found.append(_box(low, high, surfaces[surface]))
        while kind == "shelf" and low[0] < high[0] - 0.1:
            book = rng.uniform((0.02, 0.17, 0.15), (0.05, 0.28, 0.2))
            start = (low[0], high[1], low[2])
            cover = material(hsv(*rng.uniform((0, 0, 0.1), (1, 0.6, 0.8))))
            found.append(_box(start, start + book, cover))
            low[0] += book[0] if rng.random() < 0.85 else rng.uniform(0.1, 0.3)
    if kind == "plant":
        tip = rng.normal((0, 0.5, 0), (0.22, 0.2, 0.15), (60, 3))
        half = 0.04 * unit(np.cross(tip, rng.normal(size=(60, 3))))
        blades = np.stack([0 * tip, 0.6 * tip - half, tip, 0.6 * tip + half], axis=1)
        points = blades.reshape(-1, 3) + place + (0, 0.3, 0.3)
        faces = triangles(np.arange(240).reshape(60, 4))
        found.append(Mesh(points, faces, material(linear(66, 100, 46), 0.4)))
    return found
