"""Wardrobe: which garments a person wears, from underneath outwards.

Heights and depths are metres on the mean body: knees are at 0.49, hips at 0.88, the waist at
about 1.0, shoulders at 1.33, the collar at 1.43.
"""

import numpy as np

from data.people.clothes import ARM_LENGTH, LEG, LEG_LENGTH, TORSO, Cut
from data.people.fabrics import Fabric, blend, sample_colour
from data.people.geometry import smoothstep

SHIRTS = ((228, 230, 233), (190, 205, 226), (50, 52, 58), (226, 208, 208))
SUITS = ((33, 35, 43), (28, 36, 58), (72, 75, 82), (60, 50, 42), (20, 20, 22), (150, 145, 135))
JEANS = ((44, 54, 80), (72, 94, 130), (28, 28, 32), (90, 84, 74), (165, 150, 122), (60, 62, 50))
SHOES = ((22, 22, 24), (22, 22, 24), (60, 42, 30), (232, 232, 230), (110, 80, 55), (150, 40, 40))
TOPS = {
    # Chances for men and women; chances of long sleeves, of tucking in, of a jacket; looseness,
    # thickness in metres, necklines, fabrics, palette.
    "casual": (0.40, 0.34, 0.3, 0.1, 0.2, 0.7, 0.004, "crew scoop v", "plain dots stripes", None),
    "shirt": (0.20, 0.17, 0.7, 0.5, 0.2, 0.7, 0.004, "shirt", "plain stripes plaid dots", None),
    "formal": (0.14, 0.13, 1.0, 1.0, 1.0, 0.5, 0.004, "shirt", "plain pinstripes", SHIRTS),
    "sweater": (0.16, 0.14, 1.0, 0.0, 0.0, 1.0, 0.008, "crew v high", "knit melange stripes", None),
    "sport": (0.10, 0.09, 0.2, 0.0, 0.1, 0.4, 0.004, "crew v", "plain melange stripes", None),
    "dress": (0.0, 0.13, 0.3, 1.0, 0.0, 0.3, 0.004, "crew scoop v", "plain flowers dots", None),
    "jacket": (0.0, 0.0, 1.0, 0.0, 0.0, 0.6, 0.011, "open", "plain melange knit", None),
    "suit": (0.0, 0.0, 1.0, 0.0, 0.0, 0.6, 0.011, "lapel", "plain melange pinstripes", SUITS),
}
NECKLINES = {
    # How far it rises above the collar, and is cut out in front; half the gap between the front's
    # sides (none if negative), how much wider it gets in a metre upwards, and from what height.
    "crew": (0.0, 0.014, -0.05, 0.0, 1.3),
    "scoop": (0.0, 0.05, -0.05, 0.0, 1.3),
    "v": (0.0, 0.014, -0.05, 0.55, 1.22),
    "high": (0.035, 0.0, -0.05, 0.0, 1.3),
    "shirt": (0.018, 0.0, -0.05, 0.55, 1.28),
    "open": (0.004, 0.0, 0.02, 0.17, 1.08),
    "lapel": (0.004, 0.0, -0.02, 0.22, 1.07),
}
LEGWEAR = {
    # Chances for men and women; ranges of where a leg ends along it, and of its slack there;
    # fabrics. Under a skirt it is tights.
    "trousers": (0.8, 0.6, (1.85, 2.05), (0.004, 0.03), "plain plain plain melange"),
    "shorts": (0.2, 0.1, (0.45, 1.1), (0.01, 0.03), "plain plain melange plaid"),
    "leggings": (0.0, 0.1, (1.7, 1.95), (0.0, 0.0), "plain"),
    "skirt": (0.0, 0.2, (0.3, 2.0), (0.0, 0.0), "plain"),
}
SOLE = 0.843  # where soles begin, in metres along a leg


def sample_outfit(rng: np.random.Generator, woman: bool) -> list[Cut]:
    """Draws what a person wears, from underneath outwards."""
    name, kind = (
        rng.choice(list(table), p=[row[int(woman)] for row in table.values()])
        for table in (TOPS, LEGWEAR)
    )
    kind = {"dress": "skirt", "formal": "trousers"}.get(name, kind)
    tucked, jacket = TOPS[name][3:5]
    waist = rng.uniform(0.96, 1.03) if rng.random() < tucked else None
    cuts = [_top(rng, name, woman, waist)]
    lower = [_legs(rng, kind, waist or 1.0)]
    if kind == "skirt":
        fabric = Fabric(rng, "plain plaid flowers melange") if name != "dress" else cuts[0].fabric
        lower.append(_skirt(rng, fabric, waist or 1.0))
    # What is tucked in goes underneath.
    cuts = lower + cuts if waist is None or name == "dress" else cuts + lower
    if rng.random() < jacket:
        cuts.append(_top(rng, "suit" if name == "formal" else "jacket", woman))
    return [*cuts, _shoes(rng)]


def sample_headwear(rng: np.random.Generator, woman: bool, eyes: float) -> list[Cut]:
    """Draws a headscarf, a woollen hat or nothing; `eyes` is their height on the mean body."""
    chance = rng.random()
    fabric = Fabric(rng, "plain melange knit" if chance > 0.09 * woman else "plain dots flowers")
    brow, slope, end = rng.uniform((0.04, 0.25, 0.22), (0.06, 0.5, 0.27))

    def scarf(p):
        x, y, z = p.mean.T
        around_face = np.hypot(x / 0.064, (y - eyes + 0.034) / 0.097) - 1
        face = np.where(z > 0.11, 0.07 * around_face, 1)
        return np.minimum.reduce([face, y - eyes + end, 0.15 - p.across])

    def hat(p):
        return p.mean[:, 1] - eyes - brow + slope * (0.2 - p.mean[:, 2])

    def room(p):
        falling = smoothstep(p.mean[:, 1], eyes - 0.14, eyes - 0.20)
        return 0.012 + 0.014 * falling, 0

    if chance < 0.09 * woman:
        return [Cut("headscarf", scarf, room, fabric, 0.8, "body")]
    return [Cut("hat", hat, room, fabric, 0.0, "body")] if chance < 0.14 else []


def _below_collar(p):
    """Distance below the plane of the collar, which is lower in front."""
    return 1.447 - 0.5 * (p.mean[:, 2] - 0.04) - p.mean[:, 1]


def _top(rng, name, woman, waist=None):
    """A garment for the trunk and the arms, of a row of TOPS; tucked in if it has a waist."""
    long, _, _, loose, thick, necklines, fabrics, palette = TOPS[name][2:]
    neckline = rng.choice(necklines.split())
    rise, scoop, gap, opening, button = NECKLINES[neckline]
    scoop, button = scoop * rng.uniform(0.7, 1.5), button + rng.uniform(-0.04, 0.04)
    jacket, buttoned = name in ("jacket", "suit"), neckline in ("shirt", "lapel")
    fabric = Fabric(rng, fabrics, palette, printed=name in ("casual", "sport", "sweater"))
    hem = rng.uniform(0.82, 0.92) if waist is None else waist - 0.02
    loose = loose * rng.uniform(0.5, 1.5)
    # How far sleeves go along the arm: long, or short, three quarters and none, which is -1.
    short = rng.choice([rng.uniform(0.3, 0.85), 1.35, -1 if woman else 0.6])
    sleeve = rng.uniform(1.8, 1.97) if rng.random() < long else short
    tie = 0.4 * sample_colour(rng) if name == "formal" and not woman else None

    def half_gap(y):
        # Jackets open below their button, too.
        below = 0.15 * jacket * (button - 0.03 - y).clip(0)
        return gap + opening * (y - button).clip(0) + below

    def keep(p):
        _, y, z = p.mean.T
        cut_out = np.exp(-((p.across / 0.085) ** 4)) * (0.3 + smoothstep(z, 0.06, 0.12))
        neck = _below_collar(p) + rise - scoop * cut_out
        middle = np.where(z > 0.08, p.across - half_gap(y), 1)
        arms = np.where(p.arm > 0.3, (sleeve - p.along_arm) * ARM_LENGTH, 1)
        if sleeve < 0:
            arms = np.where(y > 1.1, 0.158 - p.across, 0.4 - p.arm)
        return np.minimum.reduce([neck, middle, arms, np.where(p.arm < 0.5, y - hem, 1)])

    def room(p):
        y, below = p.mean[:, 1], _below_collar(p)
        padding = 0.006 * jacket * smoothstep(p.across, 0.10, 0.16) * smoothstep(y, 1.28, 1.34)
        collar = 0.006 * buttoned * smoothstep(below, 0.020, 0.014)
        arm = np.interp(p.along_arm, (0, 0.4, 1, 1.6, 2), (0, 0.018, 0.018, 0.012, 0.004))
        trunk = np.interp(y, (hem, 1.0, 1.2, 1.3), (0.02, 0.03, 0.01, 0.003))
        slack = loose * (trunk + (arm - trunk) * smoothstep(p.arm, 0.2, 0.8))
        return 0.003 + thick * smoothstep(below, 0, 0.06) + padding + collar, slack

    def decorate(part, s, t, colour):
        torso, edge = part == TORSO, np.abs(s) - half_gap(t)
        if tie is not None:
            half = np.interp(t, (1.0, 1.3, 1.36, 1.375, 1.41), (0.045, 0.03, 0.018, 0.03, 0.027))
            return blend(colour, tie, torso & (np.abs(s) < half) & (t > 0.99))
        if neckline == "lapel":
            width = np.interp(t, (button, 1.27, 1.285, 1.36), (0.012, 0.075, 0.05, 0.045))
            shadow = smoothstep(np.abs(edge - width), 0.005, 0.002) * torso * (t > button)
            colour = blend(colour, 0.6 * colour, shadow)
        buttons = np.hypot(s - 0.012 * jacket, t % 0.085 - 0.04) < 0.006 * buttoned
        return blend(colour, 0.5 * colour + 0.1, buttons & torso & (t < button))

    kind = "jacket" if jacket else "shirt"
    return Cut(kind, keep, room, fabric, 0.5 + 0.5 * loose, decorate=decorate)


def _legs(rng, kind, waist):
    """Trousers, shorts, leggings, or tights under a skirt."""
    *_, ends, widths, fabrics = LEGWEAR[kind]
    end, wide = rng.uniform(*ends), rng.uniform(*widths)

    def keep(p):
        legs = np.where(p.leg > 0.05, (end - p.along_leg) * LEG_LENGTH, 1)
        return np.minimum(np.where(p.arm < 0.3, waist - p.mean[:, 1], -1), legs)

    def room(p):
        # Between the thighs there is no slack.
        inner = smoothstep(p.across, 0.10, 0.04) * smoothstep(p.along_leg, 0.9, 0.5)
        return 0.004, np.interp(p.along_leg, (0, 0.6, 2), (0, wide / 2, wide)) * (1 - inner)

    return Cut("trousers", keep, room, Fabric(rng, fabrics, JEANS), 0.8 * (wide > 0))


def _skirt(rng, fabric, waist):
    """A skirt, straight or flared."""
    length, flare = rng.uniform((0.25, 0.0), (0.62, 0.08))
    return Cut(
        "skirt",
        lambda p: np.minimum(p.mean[:, 1] - length, waist + 0.01 - p.mean[:, 1]),
        lambda p: (0.009 + flare * smoothstep(p.mean[:, 1], waist - 0.05, length), 0),
        fabric,
        folds=1.0,
        group="skirt",
    )


def _shoes(rng):
    """Shoes or boots."""
    fabric = Fabric(rng, "plain", SHOES)
    fabric.roughness = rng.uniform(0.3, 0.7)
    top, sole = rng.choice((0.072, 0.082, 0.13)), rng.choice((0.01, 0.7))
    return Cut(
        "shoes",
        lambda p: np.where(p.leg > 0.5, top - p.mean[:, 1] - 0.1 * (p.mean[:, 2] - 0.1), -1),
        lambda p: (0.009 + 0.005 * smoothstep(p.mean[:, 1], 0.03, 0.02), 0),
        fabric,
        decorate=lambda part, s, t, colour: blend(colour, sole, (part == LEG) & (t > SOLE)),
    )
