"""Surfaces: tiles of plaster, brick, wood, grass and so on, which repeat without a seam.

A tile is a float array (SIZE, SIZE, 3) of linear RGB.
"""

import numpy as np

from data.people.geometry import smoothstep

SIZE = 256


def fractal(rng: np.random.Generator, size: int, exponent: float, stretch=(1, 1)) -> np.ndarray:
    """Periodic noise (size, size) of unit deviation with a spectrum 1 / f ** exponent."""
    across = np.fft.rfftfreq(size)[None] * stretch[0]
    down = np.fft.fftfreq(size)[:, None] * stretch[1]
    frequency = np.hypot(across, down)
    frequency[0, 0] = 1
    waves = rng.standard_normal((2, *frequency.shape))
    spectrum = (waves[0] + 1j * waves[1]) / frequency**exponent
    spectrum[0, 0] = 0
    picture = np.fft.irfft2(spectrum, (size, size))
    return (picture / picture.std()).astype("float32")


def tile(rng: np.random.Generator, kind: str, colour: np.ndarray) -> np.ndarray:
    """A tile of a kind, in shades of a colour."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    fine, coarse = fractal(rng, SIZE, 0.3), fractal(rng, SIZE, 1.2)
    shade = 1 + 0.02 * fine + 0.02 * coarse
    if kind == "concrete":
        shade = 1 + 0.05 * fine + 0.10 * coarse
    elif kind in ("cloth", "paper"):
        shade = 1 + (0.05 if kind == "cloth" else 0.01) * fine + 0.03 * coarse
    elif kind == "carpet":
        shade = 1 + 0.18 * fine + 0.05 * coarse
    elif kind in ("grass", "gravel", "asphalt"):
        rough = {"grass": 0.28, "gravel": 0.25, "asphalt": 0.12}[kind]
        shade = 1 + rough * fine + 0.10 * coarse
    elif kind == "wallpaper":
        count = rng.integers(3, 9)
        if rng.random() < 0.5:
            pattern = smoothstep(np.sin(2 * np.pi * count * x), -0.3, 0.3)
        else:
            pattern = smoothstep(
                np.sin(2 * np.pi * count * x) * np.sin(2 * np.pi * count * y), 0.1, 0.4
            )
        shade = shade - rng.uniform(0.05, 0.2) * pattern
    elif kind in ("brick", "paving", "tiles"):
        rows, columns = {"brick": (14, 4), "paving": (4, 4), "tiles": (3, 3)}[kind]
        shade = shade * _grid(
            rng, x, y, rows, columns, kind != "tiles", 0.12 if kind == "brick" else 0.05
        )
        shade = shade * (1 + (0.06 if kind == "brick" else 0.02) * fine)
    elif kind in ("planks", "panels"):
        grain = fractal(rng, SIZE, 0.9, (0.15, 1) if kind == "planks" else (1, 0.15))
        boards = (
            _grid(rng, y, x, 5, 1, False, 0.10)
            if kind == "planks"
            else _grid(rng, y, x, 6, 1, False, 0.03)
        )
        boards = boards.T if kind == "planks" else boards
        shade = boards * (1 + 0.10 * (grain.T if kind == "planks" else grain))
    elif kind == "wood":
        shade = 1 + 0.12 * fractal(rng, SIZE, 0.9, (1, 0.12))
    hue = 1 + 0.03 * fractal(rng, SIZE, 1.0)[..., None] * np.array([1, 0.2, -1])
    return np.clip(colour * shade[..., None] * hue, 0.004, 0.95).astype("float32")


def _grid(rng, x, y, rows, columns, staggered, spread):
    """Shades (SIZE, SIZE) of bricks or boards with joints between them."""
    row = np.floor(y * rows).astype(int)
    shifted = (x * columns + (0.5 * (row % 2) if staggered else 0)) % columns
    column = np.floor(shifted).astype(int)
    shades = np.exp(rng.normal(0, spread, (rows, columns)))[row, column]
    to_joint = np.minimum((y * rows) % 1 * columns / rows, ((y * rows) % 1 - 1) * -columns / rows)
    if columns > 1:
        inside = shifted % 1
        to_joint = np.minimum(to_joint, np.minimum(inside, 1 - inside))
    return shades * (1 - 0.35 * smoothstep(to_joint, 0.04, 0.015))


def facade(rng: np.random.Generator, colour: np.ndarray) -> np.ndarray:
    """A house's front: rows of windows in a wall."""
    rows, columns = rng.integers(3, 6), rng.integers(3, 6)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    wall = tile(rng, rng.choice(("plaster", "brick", "concrete")), colour)
    high, wide = rng.uniform(0.25, 0.38), rng.uniform(0.18, 0.36)
    from_middle = np.stack([(x * columns) % 1 - 0.5, (y * rows) % 1 - 0.5], axis=-1)
    pane = (np.abs(from_middle) < (wide, high)).all(axis=-1)
    frame = (np.abs(from_middle) < (wide + 0.035, high + 0.03)).all(axis=-1) & ~pane
    bar = pane & (
        (np.abs(from_middle[..., 0]) < 0.012) | (np.abs(from_middle[..., 1] + 0.1) < 0.012)
    )
    index = (y * rows).astype(int) * columns + (x * columns).astype(int)
    glass = (0.02 + 0.35 * rng.random(rows * columns) ** 3)[index][..., None] * np.array(
        [0.85, 0.95, 1.1]
    )
    glass = glass * (1.3 - from_middle[..., 1:])
    wall = np.where(pane[..., None], glass, wall)
    return np.where((frame | bar)[..., None], np.array([0.75, 0.74, 0.70]), wall).astype("float32")
