"""People as the pose networks would find them, made up."""

import numpy as np
from published_layout import standing_person

from data.annotate.pose_landmarks import Person, Region


def person(x=0.0, scale=1.0, joints=None):
    """A standing person, x pixels to the right of where `standing_person` has one."""
    joints = standing_person(1)[0] if joints is None else np.asarray(joints, float)
    joints = joints * scale + (x, 0)
    return Person(joints, Region(150 * scale + x, 140 * scale, 250 * scale, 0.0))
