"""Places: rooms, studios, streets and parks, and the light that fills them.

The person stands at the origin and faces the camera, which is at positive z. `near` meshes
catch shadows and throw light on the person; `far` ones are only seen behind.
"""

import dataclasses

import numpy as np

from data.people.fabrics import hsv, linear
from data.people.furniture import FURNITURE, box, curtain, foliage, furniture, muted, plain, quad
from data.people.geometry import unit
from data.people.rendering import Mesh, bitmap, principled
from data.people.surfaces import facade, fractal, tile

FLOOR = -0.012
"""Height of the floor: soles are that thick."""
KINDS = ("room", "studio", "office", "park", "street")
CHANCES = {True: (0.45, 0.25, 0.15, 0.08, 0.07), False: (0.3, 0.2, 0.1, 0.22, 0.18)}
"""Of the kinds, behind an upper body and behind a whole person."""
DEEP, LEAST_DEPTH = ("sofa", "lamp", "plant"), 1.7
"""Furniture that leaves no room for the person unless the wall is so many metres behind."""
FINISHES = (0.45, 0.2, 0.12, 0.13, 0.10)
FLOOR_COLOURS = ((150, 110, 75), (95, 65, 45), (180, 150, 115), (120, 118, 115))


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
    kind = rng.choice(KINDS, p=CHANCES[upper])
    if kind == "studio":
        return _studio(rng)
    return (
        _room(rng, upper, kind == "office") if kind in ("room", "office") else _outdoors(rng, kind)
    )


def _directions():
    """Unit vectors (64, 128, 3) of an environment's pixels."""
    down, around = np.meshgrid(
        (np.arange(64) + 0.5) / 64, (np.arange(128) + 0.5) / 128, indexing="ij"
    )
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
    light = light + _lamp(directions, towards, rng.uniform(0.25, 0.7), rng.uniform(2.0, 6.0) * cool)
    if rng.random() < 0.6:
        lamp = (rng.normal(0, 0.5), 1.5, rng.uniform(-0.2, 1))
        light = light + _lamp(
            directions, lamp, rng.uniform(0.25, 0.6), rng.uniform(0.5, 2.5) * warm
        )
    if rng.random() < 0.4:
        rim = (-side * 1.2, 0.6, -0.9)
        light = light + _lamp(directions, rim, 0.4, rng.uniform(0.5, 2) * warm)
    return light


def _studio(rng):
    """A cloth or paper backdrop that runs out onto the floor."""
    directions = _directions()
    saturation = rng.choice((rng.uniform(0, 0.08), rng.uniform(0.1, 0.6)))
    colour = hsv(rng.random(), saturation, rng.choice((0.15, 0.35, 0.6, 0.8, 0.93)))
    depth = rng.uniform(1.3, 2.4)
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


def _room(rng, upper, office):
    depth = rng.uniform(1.0, 2.6) if upper else rng.uniform(1.2, 3.2)
    height, half = rng.uniform(2.5, 3.0), rng.uniform(1.8, 3.5)
    finish = rng.choice(("plaster", "wallpaper", "brick", "concrete", "panels"), p=FINISHES)
    wall = principled(bitmap(tile(rng, finish, muted(rng, (0.55, 0.95), (0, 0.22)))), 0.8, 0.15)
    floor_colour = linear(*rng.choice(FLOOR_COLOURS))
    boards = tile(rng, rng.choice(("planks", "planks", "carpet", "tiles")), floor_colour)
    floor = principled(bitmap(boards), rng.uniform(0.3, 0.8), 0.3)
    across, back = (2 * half, 0, 0), (0, 0, -4 - depth)
    near = [quad((-half, FLOOR, 4), across, back, floor, (2 * half, 4 + depth))]
    # A window is a hole in the wall; what is seen in it is the sky.
    window = rng.random() < 0.4
    left, right = np.sort(rng.uniform(-1.4, 1.4, 2)) + (-0.3, 0.3)
    low, high = (0.9, 2.2) if window else (height, height)
    panels = [(-half, left, FLOOR, height), (right, half, FLOOR, height)]
    panels += [(left, right, FLOOR, low), (left, right, high, height)]
    for x0, x1, y0, y1 in panels:
        size = np.array([x1 - x0, y1 - y0])
        near.append(quad((x0, y0, -depth), (size[0], 0, 0), (0, size[1], 0), wall, size / 2))
    for side in (-half, half):
        if rng.random() < 0.7:
            corner, along = (side, FLOOR, -depth), (0, 0, 4)
            near.append(quad(corner, along, (0, height, 0), wall, (2, height / 2)))
    trim = principled(linear(222, 218, 210), 0.5, 0.3)
    far = [box((0, 0.05, -depth + 0.01), (2 * half, 0.1, 0.02), trim)]
    if window:
        middle, width = (left + right) / 2, right - left
        for x in (left, middle, right):
            far.append(box((x, (low + high) / 2, -depth), (0.06, high - low, 0.08), trim))
        for y in (low, high):
            far.append(box((middle, y, -depth), (width + 0.06, 0.06, 0.14), trim))
        cloth, bottom = plain(rng, (0.4, 0.95), (0, 0.4), 0.9), rng.choice((0.05, 0.7))
        for x in (left - 0.4, right - 0.1):
            corner = (x, bottom, -depth + 0.12)
            far.append(curtain(rng, corner, 0.5, height - 0.25 - bottom, cloth))
    for x in np.arange(-half + 0.5, half - 0.4, 0.75) + rng.normal(0, 0.1):
        kind = rng.choice(list(FURNITURE), p=list(FURNITURE.values()))
        if kind in DEEP and (office or depth < LEAST_DEPTH):
            kind = "shelf" if office else "picture"
        if not window or not left - 0.7 < x < right + 0.7:
            far += furniture(rng, kind, x, -depth)
    directions = _directions()
    outside = np.where(directions[..., 1:2] > 0.02, (1.2, 1.35, 1.5), (0.45, 0.52, 0.38))
    sky = np.maximum(_indoor_light(rng, rng.uniform(-0.3, 1.0)), 0.03)
    sky = sky + (directions[..., 2:] < -0.3) * outside * window
    return Place(near, far, sky, rng.choice((0.0, 0.008, 0.02), p=(0.4, 0.35, 0.25)))


def _outdoors(rng, kind):
    directions = _directions()
    up = directions[..., 1:2]
    sunny = rng.random() < 0.55
    clouds = fractal(rng, 128, 1.7)[:64][..., None]
    blue = np.array([0.35, 0.55, 0.95]) * (1.2 - 0.5 * up)
    white = np.array([0.95, 0.98, 1.02])
    sky = blue + (white - blue) * np.clip(
        0.45 + (0.35 if sunny else 0.9) + 0.5 * clouds - 0.4 * sunny, 0, 1
    )
    ground_light = np.array([0.18, 0.2, 0.12]) if kind == "park" else np.array([0.25, 0.24, 0.22])
    sky = np.where(up > 0, sky, ground_light)
    sun = (rng.normal(0, 0.9), rng.uniform(0.5, 1.3), rng.uniform(-0.4, 1.2))
    sky = sky + _lamp(
        directions, sun, 0.09 if sunny else 0.6, (60 if sunny else 1.2) * np.array([1, 0.93, 0.8])
    )
    surface = (
        rng.choice(("grass", "grass", "gravel"))
        if kind == "park"
        else rng.choice(("asphalt", "paving"))
    )
    colours = {
        "grass": (84, 104, 52),
        "gravel": (160, 148, 128),
        "asphalt": (98, 97, 96),
        "paving": (150, 146, 140),
    }
    ground = principled(bitmap(tile(rng, surface, linear(*colours[surface]))), 0.9, 0.1)
    near = [quad((-15, FLOOR, 6), (30, 0, 0), (0, 0, -40), ground, (15, 20))]
    far = []
    if kind == "street":
        x = -14.0
        while x < 14:
            width, tall, z = rng.uniform(3.5, 7), rng.uniform(5, 14), -rng.uniform(7, 11)
            front = principled(bitmap(facade(rng, muted(rng, (0.3, 0.85), (0, 0.4)))), 0.7, 0.2)
            far.append(box((x + width / 2, tall / 2, z - 3), (width, tall, 6), front))
            x += width + rng.choice((0, 0, rng.uniform(0.5, 2.5)))
        far.append(
            box((0, 0.06, -5.5), (40, 0.14, 1.6), principled(linear(150, 148, 145), 0.8, 0.1))
        )
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
            far.append(
                foliage(
                    rng,
                    (x, 0.8, z + rng.normal(0, 0.3)),
                    (1.5, rng.uniform(0.7, 1.4), 0.8),
                    1400,
                    0.16,
                    green,
                )
            )
    return Place(near, far, np.maximum(sky, 0.05), rng.uniform(0.008, 0.035))
