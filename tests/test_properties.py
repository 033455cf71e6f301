"""What holds of every person, also of those that no camera ever saw."""

import numpy as np
import pytest
from annotated_layouts import write_frame
from hypothesis import given, settings
from hypothesis import strategies as st
from published_layout import standing_person

from data.annotated_video import Video
from data.augment import Augmentation, compose, transform_points
from data.pairs import Pairs
from data.pipeline import collate
from posewarp import volumes
from posewarp.crops import person_crop
from posewarp.errors import DataError
from posewarp.networks import ModelConfig
from posewarp.retarget import RETARGETS, retarget
from posewarp.skeleton import FULL_BODY

SIZE, PEOPLE, JOINTS = 64, 8, len(FULL_BODY.joints)
repeatable = settings(derandomize=True, max_examples=40, deadline=None, database=None)

EDGES = [-1e6, -1, -0.5, 0, 1, 31.5, SIZE - 1, SIZE - 0.5, SIZE, 1e6]


@st.composite
def joints(draw, shape=(PEOPLE, JOINTS, 2), missing=True):
    """Float64 array: people, or joints anywhere, on edges, in lines or in one place."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    made = random.uniform(-20, SIZE + 20, shape)
    kind = draw(st.sampled_from(["people", "anywhere", "edges", "lines", "places"]))
    if kind == "people":
        made = standing_person(1)[0] * (SIZE / 300) + random.normal(0, 3, shape)
    elif kind == "edges":
        made = random.choice(EDGES, shape)
    elif kind == "lines":
        made[..., random.integers(2)] = random.choice(EDGES[1:-1])
    elif kind == "places":
        made = random.choice(made.reshape(-1, 2)[: random.integers(1, 4)], shape[:-1])
    if missing:
        share = random.choice([0, 0.1, 0.5, 1], shape[:-2] + (1,))
        made[random.random(shape[:-1]) < share] = np.nan
    return made


def lacking(people):
    """Bool array (B, L): limbs that lack a joint."""
    return np.isnan(people).any(axis=-1) @ FULL_BODY.membership.T > 0


@repeatable
@given(joints())
def test_volumes_are_between_0_and_1_and_zero_where_a_joint_is_missing(people):
    made = np.array(volumes.joint_volumes(people, SIZE))
    assert made.shape == (PEOPLE, SIZE // 2, SIZE // 2, JOINTS)
    assert (made >= 0).all() and (made <= 1).all()
    assert not made.transpose(0, 3, 1, 2)[np.isnan(people).any(axis=-1)].any()


def prior_of(people):
    return np.array(volumes.mask_prior(people, FULL_BODY, SIZE, SIZE / 256))


@repeatable
@given(joints())
def test_the_prior_is_of_masks_and_of_what_the_largest_leaves_to_the_background(people):
    prior = prior_of(people)
    assert np.isfinite(prior).all()
    masks = np.exp(prior)
    assert (masks >= 0).all() and (masks <= 1 + 1e-6).all()
    np.testing.assert_allclose(masks[..., 0] + masks[..., 1:].max(axis=-1), 1, atol=1e-5)
    absent = prior[..., 1:].transpose(0, 3, 1, 2)[lacking(people)]
    np.testing.assert_allclose(absent, np.log(volumes.PRIOR_FLOOR), atol=1e-5)


@repeatable
@given(joints(), joints())
def test_transforms_are_finite_and_the_identity_where_a_limb_lacks_a_joint(source, target):
    made = np.array(volumes.limb_transforms(source, target, FULL_BODY)).transpose(0, 3, 1, 2)
    assert np.isfinite(made).all()
    absent = np.pad(lacking(source) | lacking(target), ((0, 0), (1, 0)), constant_values=True)
    np.testing.assert_array_equal(made[absent], np.tile(np.eye(2, 3), (absent.sum(), 1, 1)))


@repeatable
@given(
    joints(missing=False),
    st.floats(0.25, 4),
    st.floats(-np.pi, np.pi),
    st.tuples(st.floats(-99, 99), st.floats(-99, 99)),
)
def test_a_similarity_of_target_to_source_is_found_again(target, scale, angle, shift):
    target = np.clip(target, -SIZE, 2 * SIZE)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    affine = np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]])
    source = transform_points(target, affine)
    made = np.array(volumes.limb_transforms(source, target, FULL_BODY))
    for limb, row in enumerate(FULL_BODY.membership > 0, start=1):
        found = np.einsum("bij,bnj->bni", made[:, :, :2, limb], target[:, row])
        found += made[:, None, :, 2, limb]
        np.testing.assert_allclose(found, source[:, row], atol=1e-2)
        spread = np.ptp(target[:, row], axis=1).max(axis=1)
        whole = made[spread > 1, ..., limb]
        np.testing.assert_allclose(whole, np.tile(affine, (len(whole), 1, 1)), atol=1e-3)


@repeatable
@given(joints())
def test_flipping_mirrors_the_masks_and_twice_changes_nothing(people):
    flip = Augmentation(flip=True).affine(SIZE)
    np.testing.assert_allclose(compose(flip, flip), np.eye(2, 3), atol=1e-9)
    once = transform_points(people, flip)[:, FULL_BODY.mirrored]
    twice = transform_points(once, flip)[:, FULL_BODY.mirrored]
    np.testing.assert_allclose(twice, people, atol=1e-6)
    limbs = [{FULL_BODY.joints[j] for j in np.flatnonzero(row)} for row in FULL_BODY.membership]
    names = dict(zip(FULL_BODY.joints, np.array(FULL_BODY.joints)[FULL_BODY.mirrored], strict=True))
    partner = [limbs.index({names[joint] for joint in limb}) for limb in limbs]
    masks, mirrored = (np.exp(prior_of(x)[..., 1:]) for x in (people, once))
    np.testing.assert_allclose(mirrored, masks[:, :, ::-1, partner], atol=1e-4)


@repeatable
@given(joints(), joints())
def test_a_persons_crop_is_finite_with_a_scale_or_there_is_none(source, target):
    made = np.array(person_crop(source, target, FULL_BODY, SIZE))
    known = np.isfinite(made).all(axis=(1, 2))
    assert (made[known, 0, 0] > 0).all() and (made[known, 0, 0] == made[known, 1, 1]).all()
    assert np.isnan(made[~known]).any(axis=(1, 2)).all()


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    return write_frame(tmp_path_factory.mktemp("frames") / "1.png")


@repeatable
@given(people=joints(), index=st.integers(0, 10**6), fit=st.sampled_from(["person", "stretch"]))
def test_an_example_of_any_person_is_finite(frame, people, index, fit):
    video = Video("video", (frame,) * PEOPLE, FULL_BODY.joints, people)
    config = ModelConfig(FULL_BODY, SIZE)
    try:
        pairs = Pairs([video], config, augment=True, fit=fit)
    except DataError:
        return  # no limb, or no size
    example = pairs.example(index)
    for image in (example.source_image, example.target_image):
        assert image.shape == (SIZE, SIZE, 3)
        assert (np.abs(image) <= 1.05).all()
    for name, tensor in collate([example], config).items():
        assert np.isfinite(tensor).all(), name


@repeatable
@given(joints(), joints((JOINTS, 2)), st.sampled_from(RETARGETS))
def test_a_fitted_pose_lacks_what_the_pose_lacks(poses, source, how):
    try:
        made = retarget(poses, source, FULL_BODY, how)
    except DataError:
        return  # nothing to fit by
    np.testing.assert_array_equal(np.isfinite(made), np.isfinite(poses))
