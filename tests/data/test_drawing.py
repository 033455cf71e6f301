import cv2
import numpy as np
import pytest
from published_layout import standing_person

from data.drawing import LEFT, RIGHT, draw_pose, draw_sheet, figure, write_image
from data.videos import Video
from posewarp.errors import PosewarpError
from posewarp.skeleton import FULL_BODY, UPPER_BODY


def test_limbs_and_joints_in_the_image_are_drawn_where_they_are_in_their_sides_colour():
    joints = np.full((len(UPPER_BODY.joints), 2), np.nan)
    black = np.zeros((100, 100, 3), "uint8")
    assert not draw_pose(black, joints, UPPER_BODY).any()
    marks = {"right_shoulder": (20, 20), "right_elbow": (20, 50), "left_wrist": (70, 70)}
    for name, position in {**marks, "head": (1e12, 1e12)}.items():
        joints[UPPER_BODY.joints.index(name)] = position
    drawn = draw_pose(black, joints, UPPER_BODY)
    assert (tuple(drawn[35, 20]), tuple(drawn[70, 70])) == (RIGHT, LEFT)
    assert not drawn[:10].any()


def test_a_figure_places_pictures_by_row_and_column():
    red, blue = np.zeros((2, 100, 100, 3), "uint8")
    red[..., 0] = blue[..., 2] = 255
    sheet = figure({"left": [red, blue], "right": [np.zeros((50, 50)), np.ones((50, 50))]})
    assert sheet.shape == (26 + 2 * 106, 6 + 2 * 106, 3)
    assert sheet[[80, 180], 50].tolist() == [[255, 0, 0], [0, 0, 255]]
    assert sheet[[80, 180], 160].tolist() == [[0, 0, 0], [255, 255, 255]]


def test_a_sheet_shows_at_most_24_frames_with_their_joints_row_by_row(tmp_path):
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


def test_a_written_image_is_rgb_and_leaves_no_partial_file_nor_one_of_another_format(tmp_path):
    image = np.zeros((8, 8, 3), "uint8")
    image[..., 0] = 200
    path = tmp_path / "new" / "a.png"
    write_image(path, image)
    assert tuple(cv2.imread(str(path))[0, 0]) == (0, 0, 200)
    with pytest.raises(PosewarpError, match=r"ends in \.png or \.jpg"):
        write_image(path.with_suffix(".xyz"), image)
    with pytest.raises(PosewarpError, match=r"a\.jpg: .* 70000 x 1 pixels are too many for \.jpg"):
        write_image(path.with_suffix(".jpg"), np.zeros((1, 70_000, 3), "uint8"))
    assert list(path.parent.iterdir()) == [path]
