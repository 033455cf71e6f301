"""What stands in places: panels, boxes, curtains, leaves, and the furniture made of them."""

import numpy as np

from data.people.fabrics import hsv, linear
from data.people.geometry import unit
from data.people.rendering import Mesh, bitmap, principled, vertex_colours
from data.people.surfaces import fractal, tile

WOODS = ((150, 105, 65), (90, 60, 40), (215, 205, 190), (60, 50, 45))
FURNITURE = {
    "nothing": 0.30, "picture": 0.20, "shelf": 0.14, "cabinet": 0.10, "plant": 0.08, "door": 0.06,
    "lamp": 0.04, "sofa": 0.08,
}  # fmt: skip


def muted(rng: np.random.Generator, value=(0.35, 0.9), saturation=(0, 0.3)) -> np.ndarray:
    """A colour that rooms have: mostly warm, seldom strong."""
    hues = (rng.uniform(0.05, 0.14), rng.uniform(0.5, 0.62), rng.random())
    hue = rng.choice(hues, p=(0.6, 0.25, 0.15))
    return hsv(hue, rng.uniform(*saturation), rng.uniform(*value))


def plain(rng, value=(0.2, 0.8), saturation=(0, 0.3), roughness: float = 0.5) -> dict:
    """A material of one muted colour."""
    return principled(muted(rng, value, saturation), roughness, 0.3)


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


def foliage(rng, centre, radii, count: int, leaf: float, colour) -> Mesh:
    """Leaves in clumps within an ellipsoid: a shrub, or a tree's crown."""
    clumps = unit(rng.standard_normal((max(4, count // 60), 3))) * rng.uniform(
        0.3, 0.95, (max(4, count // 60), 1)
    )
    where = clumps[rng.integers(len(clumps), size=count)] + 0.28 * rng.standard_normal((count, 3))
    middle = np.asarray(centre) + where * radii
    first = unit(rng.standard_normal((count, 3)) + (0, -0.4, 0))
    second = unit(np.cross(first, rng.standard_normal((count, 3))))
    size = leaf * rng.uniform(0.5, 1.2, (count, 1))
    corners = [
        middle - 0.5 * size * first,
        middle + 0.35 * size * second,
        middle + 0.5 * size * first,
        middle - 0.35 * size * second,
    ]
    points = np.stack(corners, axis=1).reshape(-1, 3)
    start = 4 * np.arange(count)[:, None]
    faces = np.concatenate([start + (0, 1, 2), start + (0, 2, 3)])
    hue = (
        colour
        * np.exp(rng.normal(0, 0.25, (count, 1)))
        * (1 + np.array([0.25, 0.05, 0]) * rng.standard_normal((count, 1)))
    )
    colours = np.repeat(np.clip(hue, 0.005, 0.8), 4, axis=0)
    return Mesh(
        points,
        faces,
        principled(vertex_colours(), 0.55, 0.3),
        colours=colours,
    )


def furniture(rng: np.random.Generator, kind: str, x: float, wall: float) -> list[Mesh]:
    """What stands or hangs at a wall; one of FURNITURE, its middle at x, the wall at z."""
    wood = principled(bitmap(tile(rng, "wood", linear(*rng.choice(WOODS)))), 0.5, 0.3)
    makers = {"picture": _picture, "shelf": _shelf, "cabinet": _cabinet, "sofa": _sofa}
    if kind in makers:
        return makers[kind](rng, x, wall, wood)
    if kind == "plant":
        leaves = foliage(
            rng, (x, 0.85, wall + 0.35), (0.3, 0.5, 0.25), 160, 0.14, linear(60, 95, 45)
        )
        return [leaves, box((x, 0.17, wall + 0.35), (0.28, 0.34, 0.28), plain(rng))]
    if kind == "door":
        frame = principled(linear(225, 222, 214), 0.5, 0.3)
        return [
            box((x, 1.02, wall + 0.02), (0.86, 2.04, 0.05), wood),
            box((x, 1.05, wall + 0.03), (0.98, 2.14, 0.03), frame),
        ]
    if kind == "lamp":
        shade = principled(linear(255, 236, 200), 0.9, 0.0)
        stand = box((x, 0.75, wall + 0.3), (0.03, 1.5, 0.03), wood)
        return [stand, box((x, 1.6, wall + 0.3), (0.32, 0.28, 0.32), shade)]
    return []


def _picture(rng, x, wall, wood):
    size, y = rng.uniform(0.25, 0.7, 2), rng.uniform(1.4, 1.7)
    art = 0.5 + 0.22 * np.stack([fractal(rng, 64, 1.6) for _ in range(3)], axis=-1)
    art = np.clip(0.55 * art + 0.45 * muted(rng), 0.02, 0.9) ** 1.6
    sheets = (wood, principled(linear(235, 232, 225), 0.6, 0.2), principled(bitmap(art), 0.4, 0.3))
    return [
        box((x, y, wall + 0.012 + 0.004 * i), (*(size * share), 0.024), sheet)
        for i, (share, sheet) in enumerate(zip((1, 0.92, 0.7), sheets, strict=True))
    ]


def _shelf(rng, x, wall, wood):
    found, width, floors = [], rng.uniform(0.6, 1.0), int(rng.integers(3, 6))
    base, z = rng.choice((0.0, 0.9)), wall + 0.14
    for level in range(floors + 1):
        y = base + 0.33 * level
        found.append(box((x, y, z), (width, 0.025, 0.28), wood))
        at = x - width / 2 + 0.04
        while level < floors and at < x + width / 2 - 0.06:
            thick, tall = rng.uniform(0.018, 0.05), rng.uniform(0.17, 0.28)
            place = (at + thick / 2, y + 0.0125 + tall / 2, z)
            found.append(box(place, (0.94 * thick, tall, 0.18), plain(rng, (0.1, 0.8), (0, 0.7))))
            at += thick if rng.random() < 0.85 else rng.uniform(0.1, 0.25)
    middle, tall = base + 0.165 * floors, 0.33 * floors + 0.02
    sides = (x - width / 2, x + width / 2)
    return found + [box((side, middle, z), (0.025, tall, 0.28), wood) for side in sides]


def _cabinet(rng, x, wall, wood):
    width, tall = rng.uniform(0.6, 1.1), rng.uniform(0.6, 1.0)
    found = [box((x, tall / 2, wall + 0.22), (width, tall, 0.42), wood)]
    for side in (-0.25, 0.25):
        door = (0.47 * width, tall - 0.06, 0.012)
        found.append(box((x + side * width, tall / 2, wall + 0.435), door, wood))
    vase = plain(rng, (0.2, 0.9), (0.1, 0.6), 0.3)
    place = (x + rng.uniform(-0.2, 0.2), tall + 0.1, wall + 0.2)
    return [*found, box(place, (0.09, 0.2, 0.09), vase)]


def _sofa(rng, x, wall, wood):
    cloth = principled(bitmap(tile(rng, "cloth", muted(rng, (0.2, 0.7), (0.1, 0.5)))), 0.9, 0.1)
    seat = box((x, 0.22, wall + 0.5), (1.5, 0.34, 0.8), cloth)
    back = box((x, 0.55, wall + 0.2), (1.5, 0.6, 0.22), cloth)
    arms = [box((x + s, 0.33, wall + 0.5), (0.16, 0.56, 0.8), cloth) for s in (-0.78, 0.78)]
    return [seat, back, *arms]
