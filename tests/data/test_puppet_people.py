import dataclasses

import numpy as np
import pytest

from data import puppet_people
from data.puppet_motion import JOINT, sample_body
from data.puppet_people import HAIR_STYLES, make_parts, sample_look


def parts_of(seed, density=100):
    rng = np.random.default_rng(seed)
    return make_parts(rng, sample_body(rng), density)


def test_every_bone_of_the_skeleton_has_a_part():
    bones = {(part.start, part.end) for part in parts_of(0)}
    assert len(bones) == 10
    assert {joint for bone in bones for end in bone for joint in end} == set(JOINT.values())


def test_sprites_are_premultiplied_colours():
    for part in parts_of(1):
        pixels = part.sprite.pixels
        assert pixels.dtype == np.float32
        assert pixels[..., 3].max() > 0.9
        assert (pixels[..., :3] <= pixels[..., 3:] + 1e-5).all()


def test_a_limbs_sprite_lies_along_its_bone():
    for part in parts_of(2):
        height, width = part.sprite.pixels.shape[:2]
        left, top = part.sprite.corner
        right, bottom = left + width / part.sprite.density, top + height / part.sprite.density
        assert left < 0 < right
        assert top < part.length
        assert bottom > 0.9 * part.length


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_every_hair_style_can_be_painted(style, monkeypatch):
    def with_style(rng):
        return dataclasses.replace(sample_look(rng), hair_style=style)

    monkeypatch.setattr(puppet_people, "sample_look", with_style)
    parts = parts_of(3)
    assert all(part.sprite.pixels[..., 3].max() > 0.9 for part in parts)


def test_people_differ():
    looks = [sample_look(np.random.default_rng(seed)) for seed in range(40)]
    assert len({look.skin for look in looks}) == 40
    for field in ("hair_style", "sleeve_length", "trouser_length", "emblem", "glasses", "tucked"):
        assert len({getattr(look, field) for look in looks}) > 1
    assert any(look.jacket for look in looks)
