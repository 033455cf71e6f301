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
    """What an evaluation needs of a run."""
    folder = tmp_path_factory.mktemp("run")
    Generator(CONFIG).save(folder / "generator.keras")
    ones = tuple(np.ones(channels) for channels in CHANNELS)
    ActivationStatistics(ones, ones).save(folder / "vgg_statistics.npz")
    (folder / "flags.txt").write_text("--steps=7\n--vgg_weights=random\n")
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


def test_the_steps_of_a_network_are_those_of_its_runs_last_checkpoint(evaluate, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    for step in (9, 10):
        (tmp_path / "checkpoints" / f"ckpt-{step}.index").touch()
    model = PlainUNet(CONFIG)
    assert evaluate.describe(model, tmp_path, 0.5) == {
        "network": "PlainUNet",
        "width": 0.05,
        "parameters": model.count_params(),
        "steps": 10,
        "seconds_per_image": 0.5,
    }
    assert evaluate.describe(model, tmp_path / "best.keras", 0.5)["steps"] is None


def test_a_baseline_that_cannot_be_compared_is_refused(evaluate, tmp_path):
    for network, skeleton, size, message in (
        (Generator, FULL_BODY, 64, "expected a plain U-Net, got a Generator"),
        (PlainUNet, FULL_BODY, 96, "at 64 px as --model has, got .* 96 px"),
        (PlainUNet, UPPER_BODY, 64, "expected skeleton full_body .* upper_body"),
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


def test_the_program_reports_by_video_and_overall(program, run_dir, tmp_path):
    for name in ("stroll", "walk"):
        write_video(tmp_path / "data", name, split="test")
    PlainUNet(CONFIG).save(tmp_path / "unet.keras")
    flags = {"run_dir": run_dir, "data_dir": tmp_path / "data", "pairs": 6}
    done = program("eval.evaluate", **flags, unet_run_dir=tmp_path / "unet.keras")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines()[:9])) <= 100

    output = run_dir / "evaluation"
    report = json.loads((output / "metrics.json").read_text())
    overall = report["overall"]
    assert list(overall) == ["generated", "copied source", "plain U-Net"]
    ours, copied = (overall[name]["l1_person"]["mean"] for name in list(overall)[:2])
    last = done.stdout.splitlines()[-1]
    assert f"in the person's box, all pairs: L1 {ours / copied:.0%}, perceptual loss" in last
    # The frames are the same noise, whichever is copied.
    assert overall["copied source"]["l1_image"]["mean"] < 0.2
    assert set(report["by_video"]) == {"stroll", "walk"}
    for name in overall:
        parts = [video[name]["l1_person"] for video in report["by_video"].values()]
        total = sum(part["mean"] * part["pairs"] for part in parts)
        assert sum(part["pairs"] for part in parts) == overall[name]["l1_person"]["pairs"] == 6
        assert overall[name]["l1_person"]["mean"] * 6 == pytest.approx(total)
    assert overall["generated"]["perceptual_loss"]["mean"] > 0
    assert report["vgg_weights"] == "random"
    for network in ("generated", "plain U-Net"):
        assert 0 < report["networks"][network]["seconds_per_image"] < 10
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
