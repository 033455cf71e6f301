import json

import cv2
import numpy as np
import pytest
from published_layout import write_video

from posewarp.errors import ModelError, UsageError
from posewarp.networks import Generator, ModelConfig, PlainUNet
from posewarp.perceptual import CHANNELS, ActivationStatistics
from posewarp.skeleton import FULL_BODY, UPPER_BODY

CONFIG = ModelConfig(FULL_BODY, 64, width=0.05)


@pytest.fixture(scope="module")
def evaluate(library):
    """The functions of the program."""
    return library("eval.evaluate")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """What an evaluation needs of a run of ten steps."""
    folder = tmp_path_factory.mktemp("run")
    Generator(CONFIG).save(folder / "generator.keras")
    ones = tuple(np.ones(channels) for channels in CHANNELS)
    ActivationStatistics(ones, ones).save(folder / "vgg_statistics.npz")
    (folder / "flags.txt").write_text("--steps=7\n--vgg_weights=random\n")
    (folder / "checkpoints").mkdir()
    for step in (9, 10):
        (folder / "checkpoints" / f"ckpt-{step}.index").touch()
    return folder


def test_both_ends_are_ordered_by_l1_in_the_persons_box_less_that_of_copying(evaluate):
    ours, copied = (0.3, 0.1, 0.5, 0.2), (0.4, 0.5, 0.1, 0.2)  # gains -0.1, -0.4, 0.4, 0
    measured = {
        "generated": [{"l1_person": value} for value in ours],
        "copied source": [{"l1_person": value} for value in copied],
    }
    assert evaluate.find_ends(measured) == {"best": [1, 0], "worst": [2, 3]}


def test_a_video_and_what_moves_most_are_summed_up_over_their_own_pairs(evaluate):
    measured = {"generated": [{"l1": value} for value in (1.0, 2.0, 6.0)]}
    found = evaluate.summaries(measured, ["walk", "stroll", "walk"], moved=[3.0, 9.0, 2.0])
    summaries = {**found.pop("by_video"), **found}
    means = {name: summary["generated"]["l1"]["mean"] for name, summary in summaries.items()}
    assert means == {"overall": 3, "most_moved": 2, "half_moved": 2, "walk": 3.5, "stroll": 2}


@pytest.mark.parametrize(
    ("network", "skeleton", "size", "message"),
    [
        (Generator, FULL_BODY, 64, "expected a plain U-Net, got a Generator"),
        (PlainUNet, FULL_BODY, 96, "at 64 px as --model has, got .* 96 px"),
        (PlainUNet, UPPER_BODY, 64, "expected skeleton full_body .* upper_body"),
    ],
)
def test_a_baseline_that_cannot_be_compared_is_refused(
    evaluate, network, skeleton, size, message, tmp_path
):
    network(ModelConfig(skeleton, size, 0.05)).save(tmp_path / "unet.keras")
    with pytest.raises(ModelError, match=r"unet\.keras: .*" + message):
        evaluate.load_baseline(tmp_path / "unet.keras", CONFIG)


def test_figures_of_another_data_set_are_not_overwritten(evaluate, tmp_path):
    path, there = tmp_path / "metrics.json", {"data_dir": "data", "split": "test"}
    evaluate.check_measured_on(path, there)
    path.write_text(json.dumps({**there, "pairs": 6}))
    evaluate.check_measured_on(path, there)
    with pytest.raises(UsageError, match=r"has the figures of data \(test\): give another"):
        evaluate.check_measured_on(path, {"data_dir": "other", "split": "test"})


def test_the_program_reports_by_video_and_overall(succeed, run_dir, tmp_path):
    for name in ("stroll", "walk"):
        write_video(tmp_path / "data", name, split="test")
    unet = tmp_path / "unet.keras"
    PlainUNet(CONFIG).save(unet)
    flags = {"data_dir": tmp_path / "data", "pairs": 6, "unet_run_dir": unet}
    lines = succeed("eval.evaluate", run_dir=run_dir, **flags).stdout.splitlines()
    assert max(map(len, lines[:9])) <= 100

    output = run_dir / "evaluation"
    report = json.loads((output / "metrics.json").read_text())
    overall = report["overall"]
    assert list(overall) == ["generated", "copied source", "plain U-Net"]
    ours, copied, _ = (measured["l1_person"]["mean"] for measured in overall.values())
    summary = f"in the person's box, all pairs: L1 {ours / copied:.0%}, perceptual loss"
    assert summary in lines[-1]
    # The frames are the same noise, whichever is copied.
    assert overall["copied source"]["l1_image"]["mean"] < 0.2
    assert overall["generated"]["perceptual_loss"]["mean"] > 0
    videos = report["by_video"]
    assert set(videos) == {"stroll", "walk"}
    for name, measured in overall.items():
        pairs = [video[name]["l1_person"]["pairs"] for video in videos.values()]
        assert sum(pairs) == measured["l1_person"]["pairs"] == 6
    assert report["vgg_weights"] == "random"
    # A run's steps are those of its last checkpoint.
    for name, kind, steps in (("generated", Generator, 10), ("plain U-Net", PlainUNet, None)):
        described = report["networks"][name]
        assert 0 < described.pop("seconds_per_image") < 10
        parameters = kind(CONFIG).count_params()
        expected = {"network": kind.__name__, "width": 0.05, "parameters": parameters}
        assert described == {**expected, "steps": steps}
    for end in ("best", "worst"):
        assert [set(entry) for entry in report["ends"][end]] == [{"index", "video"}] * 3
        # Six columns of 192 px, three rows.
        height, width, _ = cv2.imread(str(output / f"{end}.png")).shape
        assert height > 3 * 192 and width > 6 * 192


def test_statistics_of_other_vgg_weights_are_refused(program, assert_refused, run_dir, tmp_path):
    write_video(tmp_path, split="test")
    flags = {"data_dir": tmp_path, "output": tmp_path / "new"}
    done = program("eval.evaluate", **flags, run_dir=run_dir, vgg_weights="imagenet")
    assert_refused(done, r"--vgg_weights=imagenet: .*statistics\.npz belongs to .*=random")
    assert not (tmp_path / "new").exists()
