import cv2
import numpy as np

from data.samples import SPLITS, signing_frames, write_signing
from data.videos import read_videos
from posewarp.skeleton import FULL_BODY, UPPER_BODY

WRIST = FULL_BODY.joints.index("right_wrist")


def test_the_sample_is_a_data_set_of_people_to_train_and_others_to_test_with(tmp_path):
    assert write_signing(tmp_path) == 644
    for split, people in SPLITS.items():
        videos = read_videos(tmp_path, split)
        assert [video.name for video in videos] == list(people)
        for video in videos:
            assert len(video.frames) >= 24
            assert np.isnan(video.select(UPPER_BODY).joints).mean() < 0.1


def test_joints_are_where_the_frames_show_them():
    """A wrist that moves changes the image where it was and where it is."""
    seen = [pair for pair in signing_frames("B") if np.isfinite(pair[1][WRIST]).all()]
    heights = [joints[WRIST, 1] for _, joints in seen]
    (low, below), (high, above) = seen[np.argmax(heights)], seen[np.argmin(heights)]
    assert low.image.shape == (480, 640, 3)
    change = cv2.GaussianBlur(cv2.absdiff(low.image, high.image), (0, 0), 12).mean(axis=2)
    for joints in (below, above):
        x, y = joints[WRIST].round().astype(int)
        assert change[min(y, 479), x] > 2 * np.median(change)
