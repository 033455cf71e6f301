"""Who puppets are: a random look, painted limb by limb at rest, clothes and all.

Units are standing heights. A limb's sprite has its origin at the bone's start and y along the
bone, so that a pattern is a function of the place on the limb and moves with it.
"""

import dataclasses

import cv2
import numpy as np

from data.puppet_motion import JOINT, SIDES, Body
from data.puppet_painting import (
    Canvas,
    Colour,
    Sprite,
    Texture,
    Waves,
    blotches,
    brighter,
    checks,
    dots,
    ellipse,
    heart,
    hsv,
    line,
    plaid,
    rectangle,
    solid,
    star,
    stripes,
    symmetric,
    tube,
)

PAINTED_HEIGHT = 400
"""A person is painted at least this many pixels high, whatever the frame's size."""
FINER = 2
"""Painted pixels per pixel of a sprite, at least."""
HALO = 0.3
"""Opacity of the soft shade that a part casts on what is behind it."""
HALO_WIDTH = 0.011

SKINS = (
    (0.99, 0.87, 0.77),
    (0.96, 0.79, 0.66),
    (0.88, 0.68, 0.51),
    (0.76, 0.55, 0.39),
    (0.58, 0.40, 0.28),
    (0.42, 0.28, 0.20),
)
HAIRS = (
    (0.10, 0.08, 0.08),
    (0.24, 0.15, 0.10),
    (0.42, 0.26, 0.13),
    (0.62, 0.32, 0.12),
    (0.90, 0.74, 0.42),
    (0.72, 0.72, 0.74),
    (0.75, 0.25, 0.45),
)
HAIR_STYLES = ("short", "parted", "long", "bun", "ponytail", "curly", "bald", "cap", "beanie")
STYLES_BEHIND = ("long", "ponytail", "curly")
"""Those of which a part is behind the shoulders."""
SLEEVES = {"none": (0.0, 0.0), "short": (0.62, 0.0), "long": (1.0, 0.93)}
"""Shares of the upper and of the lower arm that a sleeve covers."""
TROUSERS = {"shorts": (0.72, 0.0), "cropped": (1.0, 0.5), "long": (1.0, 0.96)}
"""Shares of the upper and of the lower leg that trousers cover."""


@dataclasses.dataclass(frozen=True)
class Look:
    """What a person wears and looks like; colours are RGB in [0, 1]."""

    skin: Colour
    hair: Colour
    hair_style: str
    beard: bool
    glasses: bool
    smile: float
    eyes: Colour
    shirt: Texture
    sleeve: Texture
    trim: Colour
    emblem: str
    emblem_colour: Colour
    jacket: Colour | None
    sleeve_length: tuple[float, float]
    trousers: Texture
    trouser_length: tuple[float, float]
    tucked: bool
    belt: Colour
    shoes: Colour
    soles: Colour
    socks: Colour
    folds: Waves


@dataclasses.dataclass(frozen=True)
class Part:
    """A sprite and the bone that it moves with.

    Args:
        sprite: Sprite. Origin at the bone's start, y along the bone, unit standing height.
        start: Joints whose mean is the bone's start.
        end: Joints whose mean is the bone's end.
        length: float. The bone's length at rest.
        planted: bool. A foot: it keeps to the bone's end and follows half of its turn.
    """

    sprite: Sprite
    start: tuple[int, ...]
    end: tuple[int, ...]
    length: float
    planted: bool = False


def sample_look(rng: np.random.Generator) -> Look:
    """Draws a person's skin, hair, face and clothes."""

    def pick(options, weights=None):
        return options[rng.choice(len(options), p=weights)]

    hue, other_hue = rng.random(), rng.random()
    main = hsv(hue, rng.uniform(0.55, 0.95), rng.uniform(0.5, 0.98))
    second = pick(
        (
            hsv(other_hue, rng.uniform(0.5, 0.9), rng.uniform(0.4, 1)),
            (0.96, 0.96, 0.94),
            (0.12, 0.12, 0.16),
            brighter(main, 0.5),
        )
    )
    if rng.random() < 0.12:
        main = pick(((0.95, 0.95, 0.93), (0.13, 0.13, 0.16)))
    shirt, plain = _sample_cloth(rng, main, second)
    leg_colour = pick(
        (
            hsv(rng.uniform(0.58, 0.66), rng.uniform(0.4, 0.7), rng.uniform(0.25, 0.6)),
            hsv(rng.uniform(0.07, 0.12), rng.uniform(0.2, 0.5), rng.uniform(0.45, 0.75)),
            (0.15, 0.15, 0.18),
            hsv(rng.random(), rng.uniform(0.4, 0.9), rng.uniform(0.35, 0.85)),
        )
    )
    trousers = solid(leg_colour)
    if rng.random() < 0.3:
        trousers, _ = _sample_cloth(rng, leg_colour, brighter(leg_colour, pick((0.6, 1.6))))
    jacket = None
    if rng.random() < 0.22:
        jacket = hsv(rng.random(), rng.uniform(0.3, 0.9), rng.uniform(0.25, 0.75))
    if jacket is not None:
        sleeve, sleeve_length = solid(jacket), SLEEVES["long"]
    else:
        sleeve = solid(second) if rng.random() < 0.2 else shirt
        sleeve_length = pick(tuple(SLEEVES.values()), (0.15, 0.45, 0.4))
    skin = brighter(pick(SKINS), rng.uniform(0.93, 1.04))
    style = pick(HAIR_STYLES)
    return Look(
        skin=skin,
        hair=brighter(pick(HAIRS), rng.uniform(0.85, 1.15)),
        hair_style=style,
        beard=bool(rng.random() < (0.2 if style not in ("long", "bun", "ponytail") else 0)),
        glasses=bool(rng.random() < 0.2),
        smile=float(rng.uniform(0.1, 1)),
        eyes=pick(((0.25, 0.15, 0.08), (0.2, 0.4, 0.65), (0.25, 0.45, 0.25))),
        shirt=shirt,
        sleeve=sleeve,
        trim=second,
        emblem=pick(("circle", "star", "heart", "bar", "number")) if plain else "none",
        emblem_colour=second,
        jacket=jacket,
        sleeve_length=sleeve_length,
        trousers=trousers,
        trouser_length=pick(tuple(TROUSERS.values()), (0.3, 0.15, 0.55)),
        tucked=bool(rng.random() < 0.5),
        belt=brighter(leg_colour, 0.45),
        shoes=hsv(rng.random(), rng.uniform(0, 0.9), rng.uniform(0.15, 0.9)),
        soles=pick(((0.95, 0.95, 0.93), (0.2, 0.2, 0.2), (0.75, 0.6, 0.4))),
        socks=pick(((0.93, 0.93, 0.93), (0.15, 0.15, 0.17), main)),
        folds=Waves(rng, 0.09),
    )


def _sample_cloth(rng, first, second):
    """Returns a texture and whether it is plain enough for an emblem."""
    period = rng.uniform(0.03, 0.06)
    cloths = (
        solid(first),
        solid(first),
        stripes(first, second, period, share=rng.uniform(0.3, 0.6)),
        stripes(first, second, period, 90, rng.uniform(0.2, 0.5)),
        stripes(first, second, period, rng.choice((45, -45))),
        checks(first, second, period),
        plaid(first, second, period),
        dots(first, second, period),
        blotches(rng, first, second, 2 * period),
    )
    kind = rng.integers(len(cloths))
    return cloths[kind], kind < 2


def make_parts(rng: np.random.Generator, body: Body, density: float) -> list[Part]:
    """Paints a random person's sprites.

    Args:
        rng: Generator.
        body: Body.
        density: float. Canvas pixels per standing height.

    Returns:
        The parts, in the order in which they are drawn.
    """
    look = sample_look(rng)
    shoulders = (JOINT["right_shoulder"], JOINT["left_shoulder"])
    hips = (JOINT["right_hip"], JOINT["left_hip"])
    # Faces and patterns are finer than the pixels of a small frame: paint larger, average more.
    reduction = max(FINER, int(np.ceil(PAINTED_HEIGHT / density)))

    def part(paint, extent, start, end, length, fade=None, planted=False):
        canvas = Canvas(extent, reduction * density)
        paint(canvas)
        return Part(_with_halo(canvas.sprite(reduction), fade), start, end, length, planted)

    def on_head(paint):
        extent = (-0.19, -0.1, 0.19, body.head + 0.2)
        return part(
            lambda canvas: paint(canvas, body, look),
            extent,
            (JOINT["head"],),
            (JOINT["neck"],),
            body.head,
        )

    def on_torso(paint):
        extent = (-0.2, -0.09, 0.2, body.torso + 0.12)
        return part(lambda canvas: paint(canvas, body, look), extent, shoulders, hips, body.torso)

    def on_limb(paint, side, start, end, length, planted=False):
        extent = (-0.12, -0.08, 0.12, length + (0.12 if not planted else 0.08))
        return part(
            lambda canvas: paint(canvas, body, look, SIDES[side]),
            extent,
            (JOINT[f"{side}_{start}"],),
            (JOINT[f"{side}_{end}"],),
            length,
            None if planted else (0.0, 0.07),
            planted,
        )

    def leg(side):
        calf = (side, "knee", "ankle", body.lower_leg)
        return [
            on_limb(_paint_lower_leg, *calf),
            on_limb(_paint_shoe, *calf, planted=True),
            on_limb(_paint_upper_leg, side, "hip", "knee", body.upper_leg),
        ]

    def arm(side):
        return [
            on_limb(_paint_upper_arm, side, "shoulder", "elbow", body.upper_arm),
            on_limb(_paint_lower_arm, side, "elbow", "wrist", body.lower_arm),
        ]

    back, front = rng.permutation(list(SIDES))
    legs = leg(back) + leg(front)
    back, front = rng.permutation(list(SIDES))
    behind = [on_head(_paint_hair_behind)] if look.hair_style in STYLES_BEHIND else []
    return [
        *behind,
        on_torso(_paint_pelvis),
        *legs,
        on_head(_paint_neck),
        on_torso(_paint_torso),
        on_head(_paint_head),
        *arm(back),
        *arm(front),
    ]


def _with_halo(sprite, fade):
    """Adds a soft dark rim behind the shape; `fade` = (y0, y1) lets it grow in between.

    It is left out about the joint at which a limb begins, where it would look like a seam.
    """
    pixels = sprite.pixels
    sigma = HALO_WIDTH * sprite.density
    rim = HALO * cv2.GaussianBlur(pixels[..., 3], (0, 0), sigma)
    if fade is not None:
        y = sprite.corner[1] + (np.arange(len(rim)) + 0.5) / sprite.density
        rim *= np.clip((y - fade[0]) / (fade[1] - fade[0]), 0, 1)[:, None].astype("float32")
    pixels = pixels.copy()
    pixels[..., 3] += (1 - pixels[..., 3]) * rim
    return _cropped(dataclasses.replace(sprite, pixels=pixels))


def _cropped(sprite):
    """Drops the empty border, which would cost as much time as the rest in every frame."""
    seen = sprite.pixels[..., 3] > 0.002
    (top, bottom), (left, right) = (np.flatnonzero(seen.any(axis=axis))[[0, -1]] for axis in (1, 0))
    corner = np.array(sprite.corner) + np.array([left, top]) / sprite.density
    pixels = np.ascontiguousarray(sprite.pixels[top : bottom + 1, left : right + 1])
    return Sprite(pixels, tuple(corner.tolist()), sprite.density)


def _round_shade(radius, strength=0.34, light=0.0):
    """Shade of a tube along y: dark towards both edges, brightest at `light` in [-1, 1]."""

    def shade(x, y):
        distance = np.clip(np.abs(x / radius(y) - light), 0, 1 + abs(light))
        return 1.04 - strength * distance**2.4

    return shade


def _creased(shade, folds, strength=0.05):
    return lambda x, y: shade(x, y) * (1 + strength * folds(1.4 * x, y))


def _profile(length, *radii):
    """Half width along a limb: equally spaced radii from start to end, joined smoothly."""
    places = np.linspace(0, 1, len(radii))
    curve = np.polynomial.Polynomial.fit(places, radii, len(radii) - 1)
    return lambda y: curve(np.clip(y / length, 0, 1))


def _paint_upper_arm(canvas, body, look, side):
    length, girth = body.upper_arm, body.girth
    arm = _profile(length, 0.031 * girth, 0.03 * girth, 0.025 * girth)
    canvas.fill(tube(0, length, arm), look.skin, _round_shade(arm))
    covered = look.sleeve_length[0]
    if covered:
        ease = 0.005 if covered < 1 else 0.003
        sleeve = _profile(length, 0.033 * girth, 0.031 * girth + ease, 0.026 * girth + ease)
        shade = _creased(_round_shade(sleeve), look.folds)
        canvas.fill(tube(0, covered * length, sleeve, (True, covered == 1)), look.sleeve, shade)
        if covered < 1:
            hem = tube((covered - 0.09) * length, covered * length, sleeve, (False, False))
            canvas.fill(hem, look.trim, shade)


def _paint_lower_arm(canvas, body, look, side):
    length, girth = body.lower_arm, body.girth
    arm = _profile(length, 0.025 * girth, 0.025 * girth, 0.017 * girth)
    canvas.fill(tube(0, length, arm), look.skin, _round_shade(arm))
    _paint_hand(canvas, body, look, side)
    covered = look.sleeve_length[1]
    if covered:
        sleeve = _profile(length, 0.029 * girth, 0.028 * girth, 0.022 * girth)
        shade = _creased(_round_shade(sleeve), look.folds)
        canvas.fill(tube(0, covered * length, sleeve, (True, False)), look.sleeve, shade)
        cuff = tube((covered - 0.1) * length, covered * length, sleeve, (False, False))
        canvas.fill(cuff, look.trim if look.jacket is None else look.jacket, shade)


def _paint_hand(canvas, body, look, side):
    wrist, hand = body.lower_arm, body.hand
    shadow = brighter(look.skin, 0.72)
    thumb = (-side * 0.018, wrist + 0.38 * hand)
    canvas.fill(ellipse(*thumb, 0.0085, 0.36 * hand, turn=side * 38), brighter(look.skin, 0.93))
    for finger in (-1.5, -0.5, 0.5, 1.5):
        reach = wrist + (0.72 - 0.04 * abs(finger)) * hand
        tip = ellipse(0.0088 * finger, reach, 0.0066, 0.28 * hand, turn=-4 * finger)
        canvas.fill(tip, look.skin)
    palm = ellipse(0, wrist + 0.34 * hand, 0.021, 0.36 * hand)
    canvas.fill(palm, look.skin, lambda x, y: 1.03 - 0.2 * np.abs(x / 0.021) ** 2)
    for gap in (-1, 0, 1):
        crease = line(
            (0.0088 * gap, wrist + 0.55 * hand), (0.0096 * gap, wrist + 0.9 * hand), 0.002
        )
        canvas.fill(crease, shadow, opacity=0.6)


def _paint_upper_leg(canvas, body, look, side):
    length, girth = body.upper_leg, body.girth
    leg = _profile(length, 0.049 * girth, 0.046 * girth, 0.035 * girth)
    canvas.fill(tube(0, length, leg), look.skin, _round_shade(leg, light=-0.15))
    covered = look.trouser_length[0]
    ease = 0.006 if covered < 1 else 0.003
    cloth = _profile(length, 0.05 * girth, 0.047 * girth + ease, 0.036 * girth + ease)
    shade = _creased(_round_shade(cloth, light=-0.15), look.folds)
    canvas.fill(tube(0, covered * length, cloth, (True, covered == 1)), look.trousers, shade)
    if covered < 1:
        hem = tube((covered - 0.05) * length, covered * length, cloth, (False, False))
        canvas.fill(hem, look.belt, shade, opacity=0.5)


def _paint_lower_leg(canvas, body, look, side):
    length, girth = body.lower_leg, body.girth
    leg = _profile(length, 0.034 * girth, 0.037 * girth, 0.02 * girth)
    shade = _round_shade(leg, light=-0.15)
    canvas.fill(tube(0, length, leg), look.skin, shade)
    sock = _profile(length, 0.034 * girth, 0.038 * girth, 0.022 * girth)
    canvas.fill(tube(0.82 * length, length, sock, (False, True)), look.socks, shade)
    covered = look.trouser_length[1]
    if covered:
        cloth = _profile(length, 0.039 * girth, 0.039 * girth, 0.03 * girth)
        shade = _creased(_round_shade(cloth, light=-0.15), look.folds)
        canvas.fill(tube(0, covered * length, cloth, (True, False)), look.trousers, shade)


def _paint_shoe(canvas, body, look, side):
    """A shoe seen from the front, its tip a little outwards."""
    ankle, sole = body.lower_leg, body.lower_leg + body.foot
    toe = side * 0.014
    rim = ellipse(toe, sole - 0.011, 0.043, 0.014)
    canvas.fill(rim, look.soles, lambda x, y: 1 - 0.3 * np.abs((x - toe) / 0.043) ** 2)
    upper = np.concatenate(
        [
            ellipse(0, ankle - 0.006, 0.027, 0.008, 180, 360),
            ellipse(toe, sole - 0.015, 0.041, 0.018, -10, 190),
        ]
    )
    middle = ankle + 0.4 * body.foot

    def shade(x, y):
        return 1.08 - 0.4 * np.abs((x - toe) / 0.042) ** 2.2 - 6 * np.abs(y - middle)

    canvas.fill(upper, look.shoes, shade)
    canvas.fill(ellipse(0, ankle - 0.006, 0.022, 0.005), brighter(look.shoes, 0.5))
    for level in (0.2, 0.4):
        y = ankle + level * body.foot
        centre = 1.4 * toe * level
        lace = line((centre - 0.012, y), (centre + 0.012, y), 0.0036)
        canvas.fill(lace, look.soles, opacity=0.85)


def _trunk(body):
    """Outline of chest, waist and hips, shoulders at y = 0, hips at y = torso."""
    shoulder, hip, torso, girth = body.shoulder, body.hip, body.torso, body.girth
    waist = 0.5 * (0.9 * shoulder + hip + 0.03 * girth) * (0.8 + 0.12 * girth)
    return [
        (0.036, -body.neck_drop - 0.004),
        (0.55 * shoulder, -0.03),
        (shoulder + 0.006, -0.034 * girth),
        (shoulder + 0.028 * girth, 0.0),
        (shoulder + 0.014 * girth, 0.04),
        (0.98 * shoulder + 0.002, 0.25 * torso),
        (waist, 0.66 * torso),
        (hip + 0.046 * girth, torso - 0.012),
        (hip + 0.047 * girth, torso + 0.022),
    ]


def _trunk_shade(body):
    edge = np.array(_trunk(body))
    return _round_shade(lambda y: np.interp(y, edge[3:, 1], edge[3:, 0]), strength=0.3, light=-0.12)


def _paint_pelvis(canvas, body, look):
    hip, torso, girth = body.hip, body.torso, body.girth
    half = [(0.0, torso - 0.08), (hip + 0.04 * girth, torso - 0.07)]
    half += [(hip + 0.048 * girth, torso), (hip + 0.04 * girth, torso + 0.03)]
    half += [(0.012, torso + 0.052), (0.0, torso + 0.052)]
    shade = _creased(_trunk_shade(body), look.folds)
    canvas.fill(symmetric(half, 2), look.trousers, shade)


def _paint_torso(canvas, body, look):
    torso = body.torso
    trunk = symmetric([(0, -body.neck_drop - 0.004), *_trunk(body), (0, torso + 0.022)], 2)
    plain_shade = _trunk_shade(body)
    shade = _creased(plain_shade, look.folds)
    waistline = rectangle(-1, torso - 0.03, 1, torso + 0.004)
    canvas.fill(waistline, look.belt, plain_shade, within=trunk)
    buckle = rectangle(-0.011, torso - 0.016, 0.011, torso + 0.001)
    canvas.fill(buckle, (0.85, 0.8, 0.6))
    hem = torso - 0.02 if look.tucked else torso + 0.022
    canvas.fill(rectangle(-1, -1, 1, hem), look.shirt, shade, within=trunk)
    if not look.tucked:
        canvas.fill(rectangle(-1, hem - 0.008, 1, hem), look.trim, shade, within=trunk)
    _paint_emblem(canvas, body, look)
    collar = ellipse(0, -0.022, 0.047, 0.044)
    if look.jacket is None and look.sleeve_length[0] == 0:
        # A vest: the straps leave the shoulders bare.
        for side in SIDES.values():
            bare = ellipse(side * (body.shoulder + 0.012), -0.01, 0.034, 0.068)
            canvas.fill(bare, look.skin, plain_shade, within=trunk)
    canvas.fill(ellipse(0, -0.022, 0.053, 0.051), look.trim, shade, within=trunk)
    canvas.fill(collar, brighter(look.skin, 0.93), within=trunk)
    if look.jacket is not None:
        for side in SIDES.values():
            half = [(0.028, -0.2), (0.3, -0.2), (0.3, 1), (0.034, 1), (0.046, 0.12)]
            panel = np.array(half) * (side, 1)
            canvas.fill(panel, look.jacket, shade, within=trunk)
            lapel = np.array([(0.03, -0.03), (0.062, -0.02), (0.066, 0.045), (0.046, 0.115)])
            canvas.fill(lapel * (side, 1), brighter(look.jacket, 0.78), shade, within=trunk)


def _paint_emblem(canvas, body, look):
    y = 0.44 * body.torso
    if look.emblem == "number":
        for stroke in (
            line((-0.012, y - 0.034), (-0.012, y + 0.036), 0.015),
            line((-0.03, y - 0.02), (-0.008, y - 0.034), 0.013),
            line((-0.032, y + 0.036), (0.01, y + 0.036), 0.014),
        ):
            canvas.fill(stroke, look.emblem_colour)
        return
    shapes = {
        "circle": [ellipse(0, y, 0.04, 0.04), ellipse(0, y, 0.022, 0.022)],
        "star": star(0, y, 0.048),
        "heart": heart(0, y, 0.04),
        "bar": rectangle(-0.3, y - 0.028, 0.3, y + 0.028),
    }
    if look.emblem in shapes:
        trunk = symmetric([*_trunk(body)], 2)
        canvas.fill(shapes[look.emblem], look.emblem_colour, _trunk_shade(body), within=trunk)


# The head: y = 0 is its top, y = `head` the neck joint; `face` is from the top to the chin.

FACE = 0.8
"""Share of the head's bone that is the face; the rest is neck."""


def _skull(face, width=1.0, grow=0.0):
    angles = np.linspace(0, 2 * np.pi, 73)
    y = face / 2 * (1 - np.cos(angles) * (1 + grow))
    jaw = 1 - 0.42 * np.clip(y / face - 0.5, 0, 1)
    return np.stack([0.43 * face * width * np.sin(angles) * (1 + grow) * jaw, y], axis=-1)


def _paint_neck(canvas, body, look):
    face = FACE * body.head
    neck = _profile(body.head, 0.03, 0.028, 0.03 + 0.006 * body.girth)
    shape = tube(0.7 * face, body.head + 0.025, neck, (False, True))
    chin = face + 0.008

    def shade(x, y):
        return 0.95 - 0.2 * np.exp(-(((y - chin) / 0.014) ** 2)) - 0.15 * np.abs(x / 0.03) ** 2

    canvas.fill(shape, look.skin, shade)


def _paint_hair_behind(canvas, body, look):
    face = FACE * body.head
    hair = brighter(look.hair, 0.8)
    if look.hair_style == "long":
        half = [(0, -0.012), (0.5 * face, -0.005), (0.56 * face, 0.5 * face)]
        half += [(0.6 * face, 1.35 * face), (0.3 * face, 1.45 * face), (0, 1.4 * face)]
        canvas.fill(symmetric(half, 3), hair)
    elif look.hair_style == "ponytail":
        tail = ellipse(0.5 * face, 0.75 * face, 0.14 * face, 0.6 * face, turn=-14)
        canvas.fill(tail, hair)
    elif look.hair_style == "curly":
        for angle in np.radians(np.arange(120, 421, 20)):
            x, y = 0.46 * face * np.cos(angle), 0.4 * face + 0.4 * face * np.sin(angle)
            canvas.fill(ellipse(x, y, 0.17 * face, 0.17 * face), hair)


def _paint_head(canvas, body, look):
    face = FACE * body.head
    dark = brighter(look.skin, 0.78)
    for side in SIDES.values():
        canvas.fill(ellipse(side * 0.42 * face, 0.55 * face, 0.07 * face, 0.11 * face), look.skin)
        canvas.fill(ellipse(side * 0.42 * face, 0.55 * face, 0.035 * face, 0.07 * face), dark)
    skull = _skull(face)

    def shade(x, y):
        across, down = x / (0.43 * face) + 0.15, y / face - 0.45
        return 1.04 - 0.22 * np.clip(across**2 + 1.3 * down**2, 0, 1.4) ** 1.6

    canvas.fill(skull, look.skin, shade)
    for side in SIDES.values():
        cheek = ellipse(side * 0.25 * face, 0.68 * face, 0.09 * face, 0.06 * face)
        canvas.fill(cheek, (0.93, 0.4, 0.36), opacity=0.2)
    if look.beard:
        inner = ellipse(0, 0.56 * face, 0.33 * face, 0.24 * face)
        jaw = rectangle(-1, 0.58 * face, 1, 2)
        canvas.fill([skull, inner], look.hair, within=jaw)
        canvas.fill(ellipse(0, 0.74 * face, 0.17 * face, 0.05 * face), look.hair)
    _paint_features(canvas, face, look)
    _paint_hair(canvas, face, look, skull)


def _paint_features(canvas, face, look):
    brow = brighter(look.hair, 0.7)
    for side in SIDES.values():
        x, y = side * 0.18 * face, 0.52 * face
        canvas.fill(ellipse(x, y, 0.09 * face, 0.066 * face), (0.97, 0.97, 0.97))
        canvas.fill(ellipse(x, y + 0.005 * face, 0.05 * face, 0.056 * face), look.eyes)
        canvas.fill(ellipse(x, y + 0.005 * face, 0.026 * face, 0.03 * face), (0.05, 0.05, 0.05))
        canvas.fill(
            ellipse(x - 0.02 * face, y - 0.018 * face, 0.013 * face, 0.013 * face), (1, 1, 1)
        )
        lid = ellipse(x, y - 0.004 * face, 0.1 * face, 0.078 * face, 205, 335)
        canvas.fill(lid, brighter(look.skin, 0.86))
        start, end = (x - 0.09 * face, 0.425 * face), (x + 0.09 * face, 0.425 * face)
        canvas.fill(line(start, end, 0.03 * face), brow)
        if look.glasses:
            rim = [
                ellipse(x, y, 0.14 * face, 0.12 * face),
                ellipse(x, y, 0.115 * face, 0.096 * face),
            ]
            canvas.fill(rim, (0.1, 0.1, 0.12))
    if look.glasses:
        bridge = line((-0.05 * face, 0.5 * face), (0.05 * face, 0.5 * face), 0.025 * face)
        canvas.fill(bridge, (0.1, 0.1, 0.12))
    nose = ellipse(0, 0.63 * face, 0.05 * face, 0.05 * face)
    canvas.fill(nose, brighter(look.skin, 0.84))
    canvas.fill(
        ellipse(-0.008 * face, 0.62 * face, 0.036 * face, 0.036 * face), brighter(look.skin, 1.04)
    )
    mouth = ellipse(0, 0.765 * face, 0.14 * face, (0.02 + 0.075 * look.smile) * face, 0, 180)
    canvas.fill(mouth, (0.62, 0.17, 0.19))
    if look.smile > 0.55:
        teeth = rectangle(-0.1 * face, 0.766 * face, 0.1 * face, 0.787 * face)
        canvas.fill(teeth, (0.98, 0.97, 0.95), within=mouth)


def _paint_hair(canvas, face, look, skull):
    style, hair = look.hair_style, look.hair
    grown = _skull(face, 1.07, 0.05)

    def strands(x, y):
        return 1.08 + 0.07 * np.sin(90 * x / face + 6 * np.sin(8 * y / face)) - 0.5 * (y / face)

    if style == "bald":
        canvas.fill(
            ellipse(-0.12 * face, 0.12 * face, 0.12 * face, 0.06 * face), (1, 1, 1), opacity=0.2
        )
        return
    if style in ("cap", "beanie"):
        _paint_hat(canvas, face, look, grown)
        return
    if style == "bun":
        canvas.fill(ellipse(0, -0.12 * face, 0.2 * face, 0.18 * face), hair, strands)
    # A fringe is the cap of hair less the forehead.
    middle = 0.16 * face if style == "parted" else 0.0
    depth = {"short": 0.3, "curly": 0.26}.get(style, 0.34)
    forehead = ellipse(middle, 0.62 * face, 0.42 * face, (0.62 - depth) * face)
    low = {"short": 0.5, "curly": 0.55, "long": 0.95}.get(style, 0.6) * face
    canvas.fill([grown, forehead], hair, strands, within=rectangle(-1, -1, 1, 0.45 * face))
    for side in SIDES.values():
        # Hair beside the face, in front of the ears.
        top = 0.16 * face
        lock = ellipse(side * 0.415 * face, (top + low) / 2, 0.055 * face, (low - top) / 2)
        canvas.fill(lock, hair, strands)
    if style == "parted":
        sweep = ellipse(-0.1 * face, 0.2 * face, 0.36 * face, 0.13 * face, turn=-16)
        canvas.fill(sweep, hair, strands, within=grown)
    if style == "curly":
        for angle in np.radians(np.arange(190, 351, 20)):
            x, y = 0.36 * face * np.cos(angle), 0.26 * face + 0.22 * face * np.sin(angle)
            canvas.fill(ellipse(x, y, 0.12 * face, 0.12 * face), hair, strands)


def _paint_hat(canvas, face, look, grown):
    for side in SIDES.values():
        lock = ellipse(side * 0.41 * face, 0.42 * face, 0.05 * face, 0.13 * face)
        canvas.fill(lock, look.hair)

    def shade(x, y):
        return 1.05 - 0.35 * np.abs(x / (0.5 * face)) ** 2.2

    dome = rectangle(-1, -1, 1, 0.36 * face)
    canvas.fill(grown, look.sleeve, shade, within=dome)
    if look.hair_style == "beanie":
        band = rectangle(-0.47 * face, 0.22 * face, 0.47 * face, 0.38 * face)
        canvas.fill(band, look.trim, shade)
        canvas.fill(ellipse(0, -0.05 * face, 0.1 * face, 0.1 * face), look.trim)
    else:
        brim = ellipse(0, 0.36 * face, 0.5 * face, 0.085 * face)
        canvas.fill(brim, look.trim, shade)
        canvas.fill(ellipse(0, 0.39 * face, 0.4 * face, 0.04 * face), brighter(look.trim, 0.6))
