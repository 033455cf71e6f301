from types import SimpleNamespace

import numpy as np
from annotated_layouts import upper_body, write_youtube_pose, youtube_video


def test_the_flags_of_the_data_say_which_videos_train_and_which_validate(succeed, tmp_path):
    joints = upper_body(4)
    joints[1, 1:] = np.nan
    damaged = youtube_video("a", joints=joints, frame_ids=(1, 2, 3, 4))
    write_youtube_pose(tmp_path, [damaged, youtube_video("b"), youtube_video("c")])

    def shown(**flags):
        done = succeed("show_stage", dataset="youtube_pose", data_dir=tmp_path, **flags)
        assert done.stderr.count("1 of the train split's frames are left out") == 1
        return done.stdout.splitlines()

    given = f"dataset=youtube_pose data_dir={tmp_path} fit=person"
    assert shown(test_videos="b") == ["['a', 'c']", "['b']", f"{given} test_videos=b"]
    # Without a test split there is no validation.
    assert shown()[:2] == ["['a', 'b', 'c']", "None"]


def test_the_learning_rate_stays_or_falls_to_zero_over_the_run(library, monkeypatch):
    stage = library("train.stage")
    given = SimpleNamespace(steps=100, learning_rate=0.002, learning_rate_decay="none")
    monkeypatch.setattr(stage, "FLAGS", given)
    assert stage.learning_rate() == 0.002
    given.learning_rate_decay = "cosine"
    rate = stage.learning_rate()
    np.testing.assert_allclose([rate(step) for step in (0, 50, 100)], [0.002, 0.001, 0], atol=1e-9)
