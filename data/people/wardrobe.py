"""Wardrobe: which garments a person wears, from underneath outwards.

Heights and depths are metres on the mean body: knees are at 0.49, hips at 0.88, the waist at
about 1.0, shoulders at 1.33, the collar at 1.43.
"""

import dataclasses

import numpy as np

from data.people.body import fade
from data.people.clothes import ARM_LENGTH, LEG_LENGTH, Cut, Places, hang_distance
from data.people.fabrics import Fabric, blend, linear, sample_colour
from data.people.geometry import smoothstep

OUTFITS = {
    "casual": 0.34, "shirt": 0.16, "suit": 0.13, "sweater": 0.14, "sport": 0.09, "dress": 0.14,
}  # fmt: skip
NECKLINES = {"crew": 0.5, "scoop": 0.2, "v": 0.2, "high": 0.1}
SUIT_COLOURS = (
    (33, 35, 43), (28, 36, 58), (72, 75, 82), (60, 50, 42), (20, 20, 22), (95, 30, 42),
    (150, 145, 135), (40, 55, 50),
)  # fmt: skip
SHOE_COLOURS = ((22, 22, 24), (60, 42, 30), (232, 232, 230), (110, 80, 55), (150, 40, 40))
UNDER = 0.05
"""Metres that a garment goes on under the edge of another."""
TROUSER_COLOURS = (
    (28, 28, 32), (45, 48, 58), (90, 84, 74), (165, 150, 122), (60, 62, 50), (110, 108, 106),
)  # fmt: skip


def sample_outfit(rng: np.random.Generator, woman: bool) -> list[Cut]:
    """Draws what a person wears, from underneath outwards."""
    chances = np.array(
        [share if woman or name != "dress" else 0 for name, share in OUTFITS.items()]
    )
    outfit = rng.choice(list(OUTFITS), p=chances / chances.sum())
    waist = rng.uniform(0.96, 1.03)
    tucked = outfit in ("suit", "dress") or (outfit == "shirt" and rng.random() < 0.55)
    top = _top(rng, woman, outfit, waist if tucked else None)
    lower = _lower(rng, woman, outfit, waist, top.fabric)
    cuts = [*lower, top] if not tucked or outfit == "dress" else [top, *lower]
    if outfit in ("shirt", "suit"):
        cuts.append(_collar(top))
    if outfit == "suit" or (outfit in ("casual", "shirt") and rng.random() < 0.22):
        cuts.append(_jacket(rng, outfit == "suit"))
    cuts.append(_shoes(rng))
    return cuts


def layered(cuts: list[Cut]) -> list[Cut]:
    """The same clothes, without what lies under another garment and could show through it."""
    found = []
    for index, cut in enumerate(cuts):
        over = [
            outer.keep
            for outer in cuts[index + 1 :]
            if outer.group == cut.group and outer.name in ("shirt", "trousers", "jacket")
        ]

        def keep(p, own=cut.keep, over=tuple(over)):
            return np.minimum.reduce([own(p), *(UNDER - outer(p) for outer in over)])

        found.append(dataclasses.replace(cut, keep=keep))
    return found


def sample_headwear(rng: np.random.Generator, woman: bool, eyes: float) -> Cut | None:
    """Draws a headscarf, a woollen hat, or nothing for the head.

    Args:
        rng: Generator.
        woman: bool.
        eyes: float. Height of the eyes on the mean body.
    """
    chance = rng.random()
    if chance < (0.09 if woman else 0.0):
        return _headscarf(rng, eyes)
    return _hat(rng, eyes) if chance < (0.15 if woman else 0.10) else None


def _hat(rng, eyes):
    """A woollen hat or a tight cap."""
    brow, steepness = rng.uniform(0.040, 0.060), rng.uniform(0.25, 0.5)
    room, rim = rng.uniform(0.0, 0.02), rng.uniform(0.02, 0.06)
    fabric = Fabric(rng, ("plain", "knit", "melange", "bars"))
    fabric.word = None

    def edge(p):
        return p.mean[:, 1] - eyes - brow + steepness * (0.2 - p.mean[:, 2])

    def least(p):
        return 0.006 + room * fade(edge(p), 0.03, 0.10) + 0.005 * fade(edge(p), rim, rim - 0.006)

    return Cut("hat", edge, least, _tight, fabric, 2, 0.15, group="hair")


def _headscarf(rng, eyes):
    """Cloth around the head and neck that leaves the face free."""
    fabric = Fabric(rng, ("plain", "plain", "dots", "flowers", "melange"))
    fabric.word = None
    end = eyes - rng.uniform(0.24, 0.36)
    wide, high = rng.uniform(0.056, 0.064), rng.uniform(0.088, 0.098)

    def keep(p):
        x, y, z = p.mean.T
        around = np.hypot(x / wide, (y - eyes + 0.034) / high) - 1
        face = np.where(z > 0.11, 0.07 * around, 1)
        return np.minimum(face, y - end)

    return Cut(
        "headscarf",
        keep,
        lambda p: 0.004 + 0 * p.arm,
        _tight,
        fabric,
        2,
        1.2,
        group="hair",
    )


def _tight(p):
    """No slack."""
    return 0 * p.arm


def _below_collar(p: Places):
    """Distance below the plane of the collar, which is lower in front."""
    return 1.447 - 0.5 * (p.mean[:, 2] - 0.04) - p.mean[:, 1]


def _sleeve(end):
    """Signed distance to a sleeve's end; -1 is none at all, cut at the shoulder."""

    def keep(p):
        if end >= 0:
            return np.where(p.arm > 0.3, (end - p.along_arm) * ARM_LENGTH, 1)
        return np.where(p.mean[:, 1] > 1.1, 0.158 - p.across, 0.4 - p.arm)

    return keep


def _tube(places, width, length_of):
    """How far a straight tube is from a limb's surface."""
    return np.clip(np.interp(length_of, *width) - places, 0, 0.05)


def _top(rng, woman, outfit, waist):
    """A shirt, a sweater, a blouse, or the upper part of a dress."""
    long_chance = {
        "casual": 0.3,
        "shirt": 0.75,
        "suit": 1,
        "sweater": 1,
        "sport": 0.2,
        "dress": 0.3,
    }
    sleeve = rng.uniform(1.8, 1.97)
    if rng.random() > long_chance[outfit]:
        sleeve = rng.choice(
            [rng.uniform(0.45, 0.85), rng.uniform(0.3, 0.45), 1.35, -1], p=(0.55, 0.2, 0.1, 0.15)
        )
        if sleeve < 0 and not woman and outfit != "sport":
            sleeve = 0.6
    neckline = rng.choice(list(NECKLINES), p=list(NECKLINES.values()))
    if outfit in ("shirt", "suit"):
        neckline = "shirt"
    looseness = {"sport": 0.35, "dress": 0.25, "sweater": 0.9, "suit": 0.4}.get(outfit, 0.6)
    looseness *= rng.uniform(0.5, 1.5)
    depth, opening, slope = rng.uniform(0.03, 0.08), rng.uniform(0.03, 0.09), rng.uniform(1.3, 2.2)
    hem = rng.uniform(0.83, 0.92) if waist is None else waist - 0.02
    if woman and outfit == "casual" and rng.random() < 0.2:
        hem = rng.uniform(0.97, 1.02)

    def keep(p):
        _, y, z = p.mean.T
        collar, front = _below_collar(p), fade(z, 0.06, 0.12)
        if neckline == "high":
            edge = collar + 0.035
        elif neckline == "shirt":
            edge = np.minimum(
                collar + 0.018,
                np.where(front > 0.3, (1.5 * p.across + 1.41 - opening - y) * 0.5, 1),
            )
        else:
            deep = depth if neckline == "scoop" else 0.014
            edge = collar - deep * np.exp(-((p.across / 0.085) ** 4)) * (0.3 + front)
            if neckline == "v":
                edge = np.minimum(
                    edge, np.where(front > 0.3, (slope * p.across + 1.38 - depth - y) * 0.4, 1)
                )
        body = np.where(p.arm < 0.5, y - hem, 1)
        return np.minimum.reduce([edge, _sleeve(sleeve)(p), body])

    def least(p):
        near_neck = fade(_below_collar(p), 0.0, 0.07)
        thick = 0.011 if outfit == "sweater" else 0.006
        out = 0.004 + (thick - 0.003) * near_neck
        if waist is None:
            out = out + 0.007 * fade(p.mean[:, 1], 1.02, 0.97) * (p.arm < 0.5)
        return out

    def slack(p):
        short = sleeve < 1.4
        width = ([0, 0.5, 1, 1.5, 2], [0.075, 0.068 + 0.012 * short, 0.062, 0.052, 0.044])
        arm = (
            _tube(p.arm_radius, width, p.along_arm)
            * fade(p.arm, 0.3, 0.8)
            * fade(p.along_arm, 0, 0.3)
        )
        torso = hang_distance(p) * (0.9 if waist is None else 0.35)
        belt = 1 if waist is None else fade(p.mean[:, 1], waist, waist + 0.07)
        return looseness * (arm + torso * belt + 0.006 * fade(_below_collar(p), 0.05, 0.12))

    kinds = {
        "shirt": ("plain", "bars", "plaid", "dots", "denim", "flowers", "stripes"),
        "suit": ("plain", "bars"),
        "sweater": ("knit", "melange", "stripes", "plain"),
        "sport": ("plain", "melange", "stripes"),
    }.get(outfit)
    fabric = Fabric(rng, kinds)
    if outfit == "suit":
        fabric.main = linear(
            *rng.choice([(228, 230, 233), (190, 205, 226), (50, 52, 58), (226, 208, 208)])
        )
    fabric.word = fabric.word if outfit in ("casual", "sport", "sweater") else None
    cuff = 0.03 if outfit == "sweater" else 0.0
    tie = sample_colour(rng) if outfit == "suit" and not woman and rng.random() < 0.6 else None

    def decorate(chart, s, t, colour):
        seam = np.zeros(s.shape)
        if chart == "arm" and sleeve > 0:
            from_end = sleeve * ARM_LENGTH - t
            seam = np.maximum(seam, np.abs(from_end - 0.02) < 0.0016)
            seam = np.maximum(seam, 0.6 * (from_end < cuff))
        if chart == "torso":
            seam = np.maximum(seam, np.abs(t - hem - 0.02) < 0.0016)
            if outfit == "shirt":
                placket = np.abs(np.abs(s - 0.004) - 0.014) < 0.0012
                seam = np.maximum(seam, 0.8 * placket)
                buttons = np.hypot(s, (t % 0.085) - 0.04) < 0.0055
                colour = blend(colour, linear(210, 205, 195), buttons)
            if tie is not None:
                half = np.interp(
                    t, (1.0, 1.3, 1.36, 1.375, 1.41), (0.045, 0.03, 0.018, 0.030, 0.027)
                )
                on = (np.abs(s) < half) & (t > 0.99)
                stripe = 0.85 + 0.3 * (np.sin((s + t) * 320) > 0.4)
                colour = np.where(on[..., None], tie * stripe[..., None], colour)
        return colour * (1 - 0.35 * seam[..., None])

    return Cut(
        "shirt",
        keep,
        least,
        slack,
        fabric,
        2 + int(3 * looseness),
        0.5 + 0.6 * looseness,
        decorate=decorate,
    )


def _collar(top):
    """A folded collar around the neck."""

    def keep(p):
        below = _below_collar(p)
        gap = np.where(p.mean[:, 2] > 0.08, p.across - 0.012 - 0.25 * np.maximum(below, 0), 1)
        return np.minimum.reduce([below + 0.020, 0.016 - below, gap])

    def least(p):
        return 0.006 + 0.007 * fade(_below_collar(p), -0.02, 0.016)

    return Cut("collar", keep, least, _tight, top.fabric, 1, 0.1)


def _lower(rng, woman, outfit, waist, top_fabric):
    """Trousers, shorts, tights or a skirt; a dress' lower half."""
    kinds, chances = ("trousers", "shorts", "skirt", "tights"), (0.8, 0.2, 0, 0)
    if woman:
        chances = (0.55, 0.1, 0.2, 0.15)
    if outfit == "suit":
        chances = (0.7, 0, 0.3, 0) if woman else (1, 0, 0, 0)
    kind = "skirt" if outfit == "dress" else rng.choice(kinds, p=chances)
    end = {"trousers": 2.0, "shorts": 0.85, "tights": 1.9, "skirt": 0.3}[kind] + rng.uniform(
        -0.12, 0.06
    )
    if kind == "shorts":
        end += rng.uniform(-0.25, 0.2)
    flare, width = rng.uniform(-0.35, 0.1), rng.uniform(0.078, 0.10)
    fabric = Fabric(rng, ("plain", "denim", "melange") if kind != "tights" else ("plain",))
    if fabric.kind == "plain" and rng.random() < 0.8:
        fabric.main = linear(*rng.choice(TROUSER_COLOURS))
    fabric.word = None

    def keep(p):
        legs = np.where(p.leg > 0.05, (end - p.along_leg) * LEG_LENGTH, 1)
        return np.minimum(np.where(p.arm < 0.3, waist - p.mean[:, 1], -1), legs)

    def slack(p):
        if kind == "tights":
            return 0 * p.leg
        profile = ([0, 0.5, 1, 1.5, 2], width * (1 + flare * np.array([0, 0.35, 0.7, 0.9, 1])))
        on_leg = fade(p.along_leg, 0.05, 0.5) * fade(p.leg, 0.2, 0.7)
        # Between the thighs there is no room.
        on_leg = on_leg * (1 - fade(p.across, 0.10, 0.04) * fade(p.along_leg, 0.9, 0.5))
        return _tube(p.leg_radius, profile, p.along_leg) * on_leg * (1.3 if kind == "shorts" else 1)

    def decorate(chart, s, t, colour):
        seam = np.zeros(s.shape)
        if chart == "torso":
            seam = 0.9 * ((waist - t < 0.032) & (waist - t > 0.001))
            seam = np.maximum(seam, np.abs(np.abs(s) - 0.09 - 0.6 * (t - 0.92)) < 0.0015)
        elif chart == "leg":
            seam = np.maximum(
                np.abs(s - 0.11) < 0.0018, np.abs(end * LEG_LENGTH - t - 0.02) < 0.0018
            )
            if fabric.kind == "denim":
                worn = np.exp(-((s / 0.05) ** 2) - (((t - 0.28) / 0.16) ** 2))
                colour = colour * (1 + 0.5 * worn[..., None])
        return colour * (1 - 0.4 * seam[..., None])

    snug = kind == "tights"
    trousers = Cut(
        "trousers", keep, lambda p: 0.003 + 0.003 * (not snug) + 0 * p.leg, slack, fabric,
        0 if snug else 3, 0.1 if snug else 0.9, 0.12, decorate=decorate,
    )  # fmt: skip
    if kind != "skirt":
        return [trousers]
    return (
        [trousers, _skirt(rng, outfit, waist, top_fabric)]
        if rng.random() < 0.5
        else [_skirt(rng, outfit, waist, top_fabric)]
    )


def _skirt(rng, outfit, waist, top_fabric):
    length = rng.uniform(0.25, 0.62)
    fabric = top_fabric if outfit == "dress" else Fabric(rng)
    fabric.word = None
    flare = rng.uniform(0, 0.08)
    pleats = rng.choice((0, 0.004, 0.009))

    def keep(p):
        return np.minimum(p.mean[:, 1] - length, waist + 0.01 - p.mean[:, 1])

    def least(p):
        angle = np.arctan2(p.mean[:, 0], p.mean[:, 2] - 0.07)
        low = fade(p.mean[:, 1], waist - 0.05, length)
        return 0.009 + low * (flare + pleats * np.sin(17 * angle))

    return Cut("skirt", keep, least, _tight, fabric, 2, 0.8, group="skirt")


def _jacket(rng, formal):
    """A jacket or a cardigan, open in front."""
    colour = linear(*SUIT_COLOURS[rng.integers(len(SUIT_COLOURS))])
    fabric = Fabric(
        rng,
        ("plain", "melange", "bars", "plaid") if formal else ("plain", "melange", "denim", "knit"),
        colour if formal else None,
    )
    fabric.word = None
    if formal:
        fabric.main, fabric.second = colour, 1.6 * colour + 0.005
    button, opening = rng.uniform(1.02, 1.12), rng.uniform(0.2, 0.34)
    wide = 0 if formal else rng.uniform(0.02, 0.07)
    hem, end = rng.uniform(0.80, 0.88), rng.uniform(1.85, 1.95)

    def gap(y):
        return 0.003 + wide + np.maximum((y - button) * opening, 0.3 * (button - 0.03 - y)).clip(0)

    def keep(p):
        _, y, z = p.mean.T
        front = np.where(z > 0.08, p.across - gap(y), 1)
        body = np.where(p.arm < 0.5, y - hem, 1)
        return np.minimum.reduce([front, _below_collar(p) + 0.004, _sleeve(end)(p), body])

    def least(p):
        near_neck = fade(_below_collar(p), 0, 0.06)
        padding = 0.008 * fade(p.across, 0.10, 0.16) * (p.mean[:, 1] > 1.3)
        return 0.011 + 0.007 * near_neck + padding

    def slack(p):
        arm = _tube(p.arm_radius, ([0, 1, 2], [0.070, 0.056, 0.045]), p.along_arm)
        return 0.7 * hang_distance(p) + 0.5 * arm * fade(p.arm, 0.3, 0.8) + 0.004

    def decorate(chart, s, t, colour):
        seam = np.zeros(s.shape)
        if chart == "torso":
            edge = np.abs(s) * 0.98 - gap(t)
            if formal:
                lapel = np.interp(t, [button, 1.27, 1.285, 1.36], [0.012, 0.075, 0.05, 0.045])
                on = (edge < lapel) & (t > button) & (np.abs(s) < 0.2)
                colour = blend(colour, 1.25 * colour + 0.004, on)
                seam = ((np.abs(edge - lapel) < 0.0025) & (t > button) & (np.abs(s) < 0.2)) * 1.5
            pocket = (np.abs(np.abs(s) - 0.12) < 0.06) & (np.abs(t - 0.97) < 0.003)
            seam = np.maximum(seam, pocket)
            buttons = np.hypot(s - 0.012, ((t - button) % 0.1) - 0.05) < 0.007
            seam = np.maximum(seam, buttons & (t < button) & (t > button - 0.2))
        return colour * np.clip(1 - 0.45 * seam[..., None], 0.2, 1)

    return Cut("jacket", keep, least, slack, fabric, 5, 0.6, decorate=decorate)


def _shoes(rng):
    colour = linear(*SHOE_COLOURS[rng.choice(5, p=(0.35, 0.2, 0.25, 0.12, 0.08))])
    fabric = Fabric(rng, ("plain",), colour)
    fabric.word, fabric.roughness = None, rng.uniform(0.3, 0.7)
    top = rng.choice((0.072, 0.082, 0.13))
    sole = linear(225, 222, 215) if rng.random() < 0.4 else linear(25, 24, 24)

    def keep(p):
        return np.where(
            p.leg > 0.5, top - p.mean[:, 1] - 0.1 * np.clip(p.mean[:, 2] - 0.1, 0, 1), -1
        )

    def least(p):
        return 0.009 + 0.005 * fade(p.mean[:, 1], 0.03, 0.02)

    def decorate(chart, s, t, colour):
        laces = smoothstep(np.sin(t * 900), 0.2, 0.5) * (s > 0.12) * (s < 0.2) * (t > 0.055)
        colour = blend(colour, sole, 0.8 * laces)
        return blend(colour, sole, smoothstep(t, 0.021, 0.018))

    return Cut("shoes", keep, least, _tight, fabric, 3, 0.0, decorate=decorate)
