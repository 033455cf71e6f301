import numpy as np
import pytest
from people import person
from published_layout import standing_person

from data.annotate.tracks import check_choice, follow, track_person
from posewarp.errors import UsageError
from posewarp.skeleton import FULL_BODY

WRIST = FULL_BODY.joints.index("left_wrist")


def test_another_choice_is_refused():
    for choice in ("0", "-1", "middle", "", "1.5"):
        with pytest.raises(UsageError, match="--person: expected largest, left, right, or a numb"):
            check_choice(choice)


def test_the_choice_is_by_size_or_place_where_most_people_are_seen():
    small, large, middle = person(0, 0.5), person(300, 1), person(150, 0.7)
    expected = {"largest": large, "left": small, "right": large}
    expected |= {"1": small, "2": middle, "3": large, "4": None}
    for choice, chosen in expected.items():
        found = follow([[middle, small, large], []], choice)
        assert found[0] is chosen and found[1] is None
    left, right = person(0), person(400)
    assert follow([[right], [left, right], []], "left") == [None, left, None]
    assert follow([[right], [left, right], []], "2") == [right, right, None]
    assert follow([], "largest") == []


def test_who_is_nearest_is_followed_but_no_one_far_away():
    # A larger one goes past.
    frames = [[person(20 * i, 0.5), person(300 - 20 * i, 1)] for i in range(10)]
    assert follow(frames, "left") == [frame[0] for frame in frames]
    assert follow(frames, "right") == [frame[1] for frame in frames]
    here, there = person(0), person(600)
    assert follow([[here], [there], [here]], "largest") == [here, None, here]
    # In more time one gets further.
    assert follow([[here], [], [], [there]], "largest") == [here, None, None, there]


def test_too_little_of_a_person_is_left_out():
    joints = np.full((14, 2), np.nan)
    joints[[2, 9]] = (100, 100)
    people = [[person(number)] for number in range(4)]
    found = track_person([3, 5, 7, 9], [*people[:3], [person(joints=joints)]], "largest")
    assert (found.numbers, found.partial) == ([3, 5, 7], 1)
    assert found.joints.shape == (3, 14, 2)
    assert found.outliers == 0


def test_half_a_body_without_hips_is_enough():
    joints = standing_person(4)
    joints[:, 8:] = np.nan
    found = track_person(range(4), [[person(joints=of_frame)] for of_frame in joints], "largest")
    assert (found.numbers, found.partial) == ([0, 1, 2, 3], 0)


def test_what_is_not_mended_is_an_outlier():
    joints = standing_person(9)
    joints[6:, WRIST] -= (150, 0)  # and stays there
    joints[8] = joints[8][FULL_BODY.mirrored]
    people = [[person(joints=of_frame)] for of_frame in joints]
    found = track_person(range(9), people, "largest")
    assert (found.swaps, found.jumps) == (0, 0)
    assert found.outliers == 2  # the jump and the sides
