"""Places: rooms, studios, streets and parks, and the light that fills them.

The person stands at the origin and faces the camera, which is at positive z. `near` meshes
catch shadows and throw light on the person; `far` ones are only seen behind.
"""

import dataclasses

import numpy as np

from data.people.fabrics import hsv, linear
from data.people.geometry import unit
from data.people.rendering import Mesh, bitmap, principled
from data.people.surfaces import facade, fractal, tile

FLOOR = -0.012
"""Height of the floor: soles are that thick."""
KINDS = {True: {"room": 0.45, "studio": 0.25, "office": 0.15, "park": 0.08, "street": 0.07},
         False: {"room": 0.3, "studio": 0.2, "office": 0.1, "park": 0.22, "street": 0.18}}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Place:
    """A place without people.

    Args:
        near: Meshes that are there whenever a person is rendered.
        far: Meshes that are only seen behind.
        sky: Float array (H, 2 H, 3), light from all around.
        aperture: float. How much the lens blurs what is infinitely far, as a share of the size.
    """

    near: list[Mesh]
    far: list[Mesh]
    sky: np.ndarray
    aperture: float


def sample_place(rng: np.random.Generator, upper: bool) -> Place:
    """Draws a place."""
    kinds = KINDS[upper]
    kind = rng.choice(list(kinds), p=list(kinds.values()))
    if kind == "studio":
        return _studio(rng)
    return _room(rng, upper, kind == "office") if kind in ("room", "office") else _outdoors(rng, kind)


def _directions():
    """Unit vectors (64, 128, 3) of an environment's pixels."""
    down, around = np.meshgrid((np.arange(64) + 0.5) / 64, (np.arange(128) + 0.5) / 128, indexing="ij")
    polar, turn = np.pi * down, 2 * np.pi * around
    return np.stack(
        [np.sin(turn) * np.sin(polar), np.cos(polar), -np.cos(turn) * np.sin(polar)], axis=-1
    )


def _lamp(directions, towards, width, colour):
    """Light from around one direction; the width is in radians."""
    angle = np.arccos(np.clip(directions @ unit(np.array(towards, float)), -1, 1))
    return np.exp(-((angle / width) ** 4))[..., None] * np.asarray(colour)


def _indoor_light(rng, warmth):
    directions = _directions()
    up = directions[..., 1:2]
    warm = np.array([1 + 0.25 * warmth, 1, 1 - 0.3 * warmth])
    cool = np.array([0.92, 1, 1.1])
    light = (0.16 + 0.10 * up) * warm * rng.uniform(0.6, 1.2)
    side = rng.choice((-1, 1))
    towards = (side * rng.uniform(0.4, 1.4), rng.uniform(0.2, 0.9), rng.uniform(0.2, 1.2))
    light = light + _lamp(directions, towards, rng.uniform(0.3, 0.75), rng.uniform(1.2, 3.5) * cool)
    if rng.random() < 0.6:
        lamp = (rng.normal(0, 0.5), 1.5, rng.uniform(-0.2, 1))
        light = light + _lamp(directions, lamp, rng.uniform(0.25, 0.6), rng.uniform(0.5, 2.5) * warm)
    if rng.random() < 0.4:
        rim = (-side * 1.2, 0.6, -0.9)
        light = light + _lamp(directions, rim, 0.4, rng.uniform(0.5, 2) * warm)
    return light


def quad(corner, across, up, material, repeat=(1.0, 1.0)) -> Mesh:
    """A flat panel; its texture begins at the corner."""
    corner, across, up = (np.array(v, float) for v in (corner, across, up))
    points = np.stack([corner, corner + across, corner + across + up, corner + up])
    texcoords = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float) * repeat
    return Mesh(points, np.array([[0, 1, 2], [0, 2, 3]]), material, texcoords=texcoords)


def box(centre, size, material) -> Mesh:
    """A box with flat sides, each with the whole texture."""
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 2
    sides = ((1, 5, 7, 3), (5, 4, 6, 7), (4, 0, 2, 6), (0, 1, 3, 2), (3, 7, 6, 2), (0, 4, 5, 1))
    points = np.concatenate([corners[list(side)] for side in sides]) * size + centre
    faces = np.concatenate([np.array([[0, 1, 2], [0, 2, 3]]) + 4 * i for i in range(6)])
    texcoords = np.tile([(0, 0), (1, 0), (1, 1), (0, 1)], (6, 1)).astype(float)
    return Mesh(points, faces, material, texcoords=texcoords)


def curtain(rng, corner, width, height, material) -> Mesh:
    """Cloth that hangs in folds from a rail."""
    columns, rows = 160, 12
    x = np.linspace(0, 1, columns)
    folds = width * rng.uniform(5, 9)
    phase = 2 * np.pi * folds * x + 0.8 * np.sin(2 * np.pi * 2.3 * x + rng.uniform(0, 6))
    depth = 0.045 * np.sin(phase) + 0.015 * np.sin(2.7 * phase)
    y = np.linspace(0, 1, rows)[:, None]
    points = np.stack(
        [
            corner[0] + width * x + 0 * y,
            corner[1] + height * y + 0 * x,
            corner[2] + depth * (0.65 + 0.5 * (1 - y)) + 0.02 * np.sin(7 * x + 3 * y),
        ],
        axis=-1,
    ).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (i * columns + j).ravel()
    faces = np.concatenate(
        [np.stack([a, a + 1, a + columns + 1], 1), np.stack([a, a + columns + 1, a + columns], 1)]
    )
    return Mesh(points, faces, material)


def _studio(rng):
    """A cloth or paper backdrop that runs out onto the floor."""
    directions = _directions()
    saturation = rng.choice((rng.uniform(0, 0.08), rng.uniform(0.1, 0.6)))
    colour = hsv(rng.random(), saturation, rng.choice((0.15, 0.35, 0.6, 0.8, 0.93)))
    depth = rng.uniform(0.8, 2.2)
    angle = np.linspace(0, np.pi / 2, 14)
    radius = 0.6
    profile = [(3.0, FLOOR), *zip(radius - depth - radius * np.sin(angle),
               FLOOR + radius * (1 - np.cos(angle)), strict=True), (-depth, 5.0)]  # fmt: skip
    z, y = np.array(profile).T
    points = np.stack([np.stack([x + 0 * z, y, z], axis=1) for x in (-5.0, 5.0)], axis=1)
    a = 2 * np.arange(len(z) - 1)
    faces = np.concatenate([np.stack([a, a + 1, a + 3], 1), np.stack([a, a + 3, a + 2], 1)])
    texcoords = np.stack([points[..., 0] / 4, points[..., 1] / 4 - points[..., 2] / 4], axis=-1)
    texture = tile(rng, rng.choice(("cloth", "paper")), colour)
    material = principled(bitmap(texture), 0.85, 0.1)
    near = [Mesh(points.reshape(-1, 3), faces, material, texcoords=texcoords.reshape(-1, 2))]
    side = rng.choice((-1, 1))
    key = (side * rng.uniform(0.3, 1.2), rng.uniform(0.4, 1.0), 1.0)
    sky = 0.10 + 0.06 * directions[..., 1:2] + np.zeros(3)
    sky = sky + _lamp(directions, key, rng.uniform(0.2, 0.5), rng.uniform(3, 8) * np.ones(3))
    fill = (-side * 1.0, 0.3, 1.0)
    sky = sky + _lamp(directions, fill, 0.6, rng.uniform(0.1, 1.0) * np.ones(3))
    if rng.random() < 0.5:
        sky = sky + _lamp(directions, (-side, 0.8, -0.6), 0.3, rng.uniform(1, 4) * np.ones(3))
    return Place(near, [], np.maximum(sky, 0.02), 0.0)


def _muted(rng, value=(0.35, 0.9), saturation=(0, 0.3)):
    hue = rng.choice((rng.uniform(0.05, 0.14), rng.uniform(0.5, 0.62), rng.random()), p=(0.6, 0.25, 0.15))
    return hsv(hue, rng.uniform(*saturation), rng.uniform(*value))


def _room(rng, upper, office):
    depth = rng.uniform(0.7, 2.6) if upper else rng.uniform(1.2, 3.2)
    height, half = rng.uniform(2.5, 3.0), rng.uniform(1.8, 3.5)
    warmth = rng.uniform(-0.3, 1.0)
    finish = rng.choice(("plaster", "plaster", "plaster", "wallpaper", "brick", "concrete", "panels"))
    wall_colour = _muted(rng, (0.55, 0.95), (0, 0.22))
    wall = principled(bitmap(tile(rng, finish, wall_colour)), 0.8, 0.15)
    floor_kind = rng.choice(("planks", "planks", "carpet", "tiles"))
    floor_colour = linear(*rng.choice([(150, 110, 75), (95, 65, 45), (180, 150, 115), (120, 118, 115)]))
    floor = principled(bitmap(tile(rng, floor_kind, floor_colour)), rng.uniform(0.3, 0.8), 0.3)
    near = [quad((-half, FLOOR, 4), (2 * half, 0, 0), (0, 0, -4 - depth), floor, (2 * half, 4 + depth))]
    far = []
    window = rng.random() < 0.4
    if window:
        left, width = rng.uniform(-1.4, 0.3), rng.uniform(0.9, 1.6)
        low, high = 0.9, 2.2
        for x0, x1, y0, y1 in ((-half, left, FLOOR, height), (left + width, half, FLOOR, height),
                               (left, left + width, FLOOR, low), (left, left + width, high, height)):  # fmt: skip
            near.append(quad((x0, y0, -depth), (x1 - x0, 0, 0), (0, y1 - y0, 0), wall, ((x1 - x0) / 2, (y1 - y0) / 2)))
        frame = principled(linear(225, 222, 215), 0.4, 0.4)
        middle = left + width / 2
        for x in (left, middle, left + width):
            far.append(box((x, (low + high) / 2, -depth), (0.06, high - low, 0.08), frame))
        for y in (low, high):
            far.append(box((middle, y, -depth), (width + 0.06, 0.06, 0.14), frame))
        cloth = principled(_muted(rng, (0.4, 0.95), (0, 0.4)), 0.9, 0.1)
        for x in (left - 0.45, left + width - 0.05):
            far.append(curtain(rng, (x, rng.choice((0.05, 0.7)), -depth + 0.12), 0.5, height - 0.3, cloth))
    else:
        near.append(quad((-half, FLOOR, -depth), (2 * half, 0, 0), (0, height, 0), wall, (half, height / 2)))
    for side in (-1, 1):
        if rng.random() < 0.7:
            near.append(quad((side * half, FLOOR, -depth), (0, 0, 4), (0, height, 0), wall, (2, height / 2)))
    skirting = principled(linear(220, 216, 208) if rng.random() < 0.7 else floor_colour, 0.5, 0.3)
    far.append(box((0, 0.05, -depth + 0.01), (2 * half, 0.1, 0.02), skirting))
    places = [x for x in np.arange(-half + 0.5, half - 0.4, 0.75) if not window or not left - 0.6 < x < left + width + 0.6]
    for x in places:
        kind = rng.choice(("nothing", "picture", "shelf", "cabinet", "plant", "door", "lamp", "sofa"),
                          p=(0.3, 0.2, 0.14, 0.1, 0.08, 0.06, 0.04, 0.08))  # fmt: skip
        far += _furniture(rng, "shelf" if office and kind in ("sofa", "lamp") else kind, x + rng.normal(0, 0.1), -depth)
    sky = _indoor_light(rng, warmth)
    directions = _directions()
    outside = (directions[..., 2] < -0.3)[..., None] * np.where(directions[..., 1:2] > 0.02, [1.6, 1.8, 2.0], [0.5, 0.6, 0.4])
    sky = np.maximum(sky, 0.03) + (outside if window else 0)
    return Place(near, far, sky, rng.choice((0.0, 0.008, 0.02), p=(0.4, 0.35, 0.25)))


def _furniture(rng, kind, x, wall):
    """What stands or hangs at a wall."""
    wood = principled(bitmap(tile(rng, "wood", linear(*rng.choice([(150, 105, 65), (90, 60, 40), (215, 205, 190), (60, 50, 45)])))), 0.5, 0.3)
    if kind == "picture":
        w, h = rng.uniform(0.25, 0.7), rng.uniform(0.25, 0.6)
        y = rng.uniform(1.4, 1.7)
        art = 0.5 + 0.22 * np.stack([fractal(rng, 64, 1.6) for _ in range(3)], axis=-1)
        art = np.clip(0.55 * art + 0.45 * _muted(rng), 0.02, 0.9) ** 1.6
        mount = principled(linear(235, 232, 225), 0.6, 0.2)
        return [
            box((x, y, wall + 0.012), (w, h, 0.024), principled(_muted(rng, (0.05, 0.5)), 0.4, 0.4)),
            box((x, y, wall + 0.016), (w - 0.04, h - 0.04, 0.024), mount),
            box((x, y, wall + 0.020), (0.72 * w, 0.72 * h, 0.024), principled(bitmap(art), 0.4, 0.3)),
        ]
    if kind == "shelf":
        found, width, floors = [], rng.uniform(0.6, 1.0), rng.integers(3, 6)
        base = rng.choice((0.0, 0.9))
        for level in range(floors + 1):
            y = base + 0.33 * level
            found.append(box((x, y, wall + 0.14), (width, 0.025, 0.28), wood))
            at = x - width / 2 + 0.04
            while level < floors and at < x + width / 2 - 0.06:
                thick, tall = rng.uniform(0.018, 0.05), rng.uniform(0.17, 0.28)
                if rng.random() < 0.85:
                    cover = principled(_muted(rng, (0.1, 0.8), (0.05, 0.7)), 0.6, 0.2)
                    found.append(box((at + thick / 2, y + 0.0125 + tall / 2, wall + 0.13), (thick * 0.94, tall, 0.18), cover))
                else:
                    at += rng.uniform(0.05, 0.2)
                at += thick
        for side in (-1, 1):
            found.append(box((x + side * width / 2, base + 0.165 * floors, wall + 0.14), (0.025, 0.33 * floors + 0.02, 0.28), wood))
        return found
    if kind == "cabinet":
        width, tall = rng.uniform(0.6, 1.1), rng.uniform(0.6, 1.0)
        found = [box((x, tall / 2, wall + 0.22), (width, tall, 0.42), wood)]
        for side in (-0.5, 0.5):
            found.append(box((x + side * 0.5 * width, tall / 2, wall + 0.435), (0.47 * width, tall - 0.06, 0.012), wood))
        vase = principled(_muted(rng, (0.2, 0.9), (0.1, 0.6)), 0.3, 0.5)
        found.append(box((x + rng.uniform(-0.2, 0.2), tall + 0.1, wall + 0.2), (0.09, 0.2, 0.09), vase))
        return found
    if kind == "plant":
        leaves = foliage(rng, (x, 0.85, wall + 0.35), (0.3, 0.5, 0.25), 160, 0.14, linear(60, 95, 45))
        pot = principled(_muted(rng, (0.2, 0.8)), 0.6, 0.3)
        return [leaves, box((x, 0.17, wall + 0.35), (0.28, 0.34, 0.28), pot)]
    if kind == "door":
        return [
            box((x, 1.02, wall + 0.02), (0.86, 2.04, 0.05), wood),
            box((x, 1.05, wall + 0.03), (0.98, 2.14, 0.03), principled(linear(225, 222, 214), 0.5, 0.3)),
            box((x + 0.34, 1.0, wall + 0.07), (0.1, 0.02, 0.04), principled(linear(150, 150, 150), 0.2, 0.6)),
        ]
    if kind == "lamp":
        shade = principled(linear(255, 236, 200), 0.9, 0.0)
        return [box((x, 0.75, wall + 0.3), (0.03, 1.5, 0.03), wood), box((x, 1.6, wall + 0.3), (0.32, 0.28, 0.32), shade)]
    if kind == "sofa":
        cloth = principled(bitmap(tile(rng, "cloth", _muted(rng, (0.2, 0.7), (0.1, 0.5)))), 0.9, 0.1)
        found = [box((x, 0.22, wall + 0.5), (1.5, 0.34, 0.8), cloth), box((x, 0.55, wall + 0.2), (1.5, 0.6, 0.22), cloth)]
        return found + [box((x + s * 0.78, 0.33, wall + 0.5), (0.16, 0.56, 0.8), cloth) for s in (-1, 1)]
    return []


def foliage(rng, centre, radii, count: int, leaf: float, colour) -> Mesh:
    """Leaves in clumps within an ellipsoid: a shrub, or a tree's crown."""
    clumps = unit(rng.standard_normal((max(4, count // 60), 3))) * rng.uniform(0.3, 0.95, (max(4, count // 60), 1))
    where = clumps[rng.integers(len(clumps), size=count)] + 0.28 * rng.standard_normal((count, 3))
    middle = np.asarray(centre) + where * radii
    first = unit(rng.standard_normal((count, 3)) + (0, -0.4, 0))
    second = unit(np.cross(first, rng.standard_normal((count, 3))))
    size = leaf * rng.uniform(0.5, 1.2, (count, 1))
    corners = [middle - 0.5 * size * first, middle + 0.35 * size * second, middle + 0.5 * size * first, middle - 0.35 * size * second]
    points = np.stack(corners, axis=1).reshape(-1, 3)
    start = 4 * np.arange(count)[:, None]
    faces = np.concatenate([start + (0, 1, 2), start + (0, 2, 3)])
    hue = colour * np.exp(rng.normal(0, 0.25, (count, 1))) * (1 + np.array([0.25, 0.05, 0]) * rng.standard_normal((count, 1)))
    colours = np.repeat(np.clip(hue, 0.005, 0.8), 4, axis=0)
    return Mesh(points, faces, principled({"type": "mesh_attribute", "name": "vertex_color"}, 0.55, 0.3), colours=colours)


def _outdoors(rng, kind):
    directions = _directions()
    up = directions[..., 1:2]
    sunny = rng.random() < 0.55
    clouds = fractal(rng, 128, 1.7)[:64][..., None]
    blue = np.array([0.35, 0.55, 0.95]) * (1.2 - 0.5 * up)
    white = np.array([0.95, 0.98, 1.02])
    sky = blue + (white - blue) * np.clip(0.45 + (0.35 if sunny else 0.9) + 0.5 * clouds - 0.4 * sunny, 0, 1)
    ground_light = np.array([0.18, 0.2, 0.12]) if kind == "park" else np.array([0.25, 0.24, 0.22])
    sky = np.where(up > 0, sky, ground_light)
    sun = (rng.normal(0, 0.9), rng.uniform(0.5, 1.3), rng.uniform(-0.4, 1.2))
    sky = sky + _lamp(directions, sun, 0.09 if sunny else 0.6, (60 if sunny else 1.2) * np.array([1, 0.93, 0.8]))
    surface = rng.choice(("grass", "grass", "gravel")) if kind == "park" else rng.choice(("asphalt", "paving"))
    colours = {"grass": (84, 104, 52), "gravel": (160, 148, 128), "asphalt": (98, 97, 96), "paving": (150, 146, 140)}
    ground = principled(bitmap(tile(rng, surface, linear(*colours[surface]))), 0.9, 0.1)
    near = [quad((-15, FLOOR, 6), (30, 0, 0), (0, 0, -40), ground, (15, 20))]
    far = []
    if kind == "street":
        x = -14.0
        while x < 14:
            width, tall, z = rng.uniform(3.5, 7), rng.uniform(5, 14), -rng.uniform(7, 11)
            front = principled(bitmap(facade(rng, _muted(rng, (0.3, 0.85), (0, 0.4)))), 0.7, 0.2)
            far.append(box((x + width / 2, tall / 2, z - 3), (width, tall, 6), front))
            x += width + rng.choice((0, 0, rng.uniform(0.5, 2.5)))
        far.append(box((0, 0.06, -5.5), (40, 0.14, 1.6), principled(linear(150, 148, 145), 0.8, 0.1)))
    for _ in range(rng.integers(3, 9) if kind == "park" else rng.integers(0, 4)):
        x, z, tall = rng.uniform(-9, 9), -rng.uniform(4, 20), rng.uniform(2.5, 6)
        bark = principled(linear(80, 66, 52), 0.9, 0.1)
        far.append(box((x, tall / 2, z), (0.25, tall, 0.25), bark))
        green = linear(*rng.choice([(78, 108, 44), (100, 118, 52), (52, 84, 40), (140, 130, 60)]))
        far.append(foliage(rng, (x, tall + 0.6, z), (1.9, 1.7, 1.8), 2600, 0.28, green))
    if kind == "park" and rng.random() < 0.75:
        z = -rng.uniform(4, 9)
        for x in np.arange(-8, 8.1, 2.0):
            green = linear(62, 92, 42) * rng.uniform(0.7, 1.2)
            far.append(foliage(rng, (x, 0.8, z + rng.normal(0, 0.3)), (1.5, rng.uniform(0.7, 1.4), 0.8), 1400, 0.16, green))
    return Place(near, far, np.maximum(sky, 0.05), rng.uniform(0.008, 0.035))
