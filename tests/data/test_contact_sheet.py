import cv2
import numpy as np
from published_layout import standing_person

from data.annotated_video import Video
from data.contact_sheet import contact_sheet, draw_sheet
from posewarp.skeleton import FULL_BODY


def test_at_most_24_frames_are_shown_with_their_joints(tmp_path):
    black = tmp_path / "black.png"
    cv2.imwrite(str(black), np.zeros((300, 320, 3), "uint8"))
    joints = np.tile(standing_person(1), (30, 1, 1))
    video = Video("walk", (black,) * 30, FULL_BODY.joints, joints)
    sheet = draw_sheet([("train", video)], FULL_BODY)
    assert sheet.shape == (4 * (26 + 240) + 6, 6 * (256 + 6) + 6, 3)
    panel = sheet[26:266, 6:262]
    head = np.rint(joints[0, 0] * 256 / 320).astype(int)
    assert panel[head[1], head[0]].any()
    assert not panel[-10:].any()


def test_a_contact_sheet_places_pictures_under_their_names_row_by_row():
    pictures = [("name", np.full((40, 50, 3), 50 * n, "uint8")) for n in range(5)]
    sheet = contact_sheet(pictures, columns=3)
    assert sheet.shape == (2 * (26 + 40) + 6, 3 * (50 + 6) + 6, 3)
    assert sheet[30, 10].tolist() == [0] * 3
    assert sheet[30, 10 + 2 * 56].tolist() == [100] * 3
    assert sheet[66 + 30, 10 + 56].tolist() == [200] * 3
    assert sheet[66 + 30, 10 + 2 * 56].tolist() == [255] * 3
