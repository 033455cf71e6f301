import cv2
import numpy as np
from published_layout import standing_person

from data.annotated_video import Video
from data.contact_sheet import draw_sheet
from posewarp.skeleton import FULL_BODY


def test_at_most_24_frames_are_shown_with_their_joints_row_by_row(tmp_path):
    black, white = tmp_path / "black.png", tmp_path / "white.png"
    for path, value in ((black, 0), (white, 255)):
        cv2.imwrite(str(path), np.full((300, 320, 3), value, "uint8"))
    joints = np.tile(standing_person(1), (30, 1, 1))
    frames = [*[black] * 9, white, *[black] * 20]  # the 10th of 30 is the 8th of 24
    video = Video("walk", tuple(frames), FULL_BODY.joints, joints)
    sheet = draw_sheet([("train", video)], FULL_BODY)
    assert sheet.shape == (4 * (26 + 240) + 6, 6 * (256 + 6) + 6, 3)
    panel = sheet[26:266, 6:262]
    head = np.rint(joints[0, 0] * 256 / 320).astype(int)
    assert panel[head[1], head[0]].any()
    assert not panel[-10:].any()
    assert (sheet[266:][26:36, 262:][:, 6:262] == 255).all()
