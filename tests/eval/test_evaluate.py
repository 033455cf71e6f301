import json

import numpy as np
import pytest
from published_layout import write_video

from data.pipeline import Example
from posewarp.networks import Generator, ModelConfig
from posewarp.skeleton import FULL_BODY


@pytest.fixture(scope="module")
def evaluate():
    """The functions of the program, without its flags in this process's way."""
    from absl import flags

    before = set(flags.FLAGS)
    from eval import evaluate as module

    yield module
    for name in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, name)


@pytest.fixture
def example():
    random = np.random.default_rng(0)
    source, target = random.uniform(-1, 1, (2, 64, 64, 3)).astype("float32")
    joints = random.uniform(20, 40, (2, 14, 2))
    return Example(source, joints[0], joints[1], target)


def test_a_perfect_prediction_has_the_best_values(evaluate, example):
    values = evaluate.measure(example, example.target_image)
    assert values["l1_image"] == values["l1_person"] == 0
    assert values["psnr_image"] == values["psnr_person"] == np.inf
    assert values["ssim_image"] == pytest.approx(1)
    assert values["ssim_person"] == pytest.approx(1)


def test_a_constant_prediction_has_the_values_that_it_must(evaluate, example):
    grey = np.zeros((64, 64, 3), "float32")
    values = evaluate.measure(example, grey)
    target = example.target_image
    assert values["l1_image"] == pytest.approx(np.abs(target).mean() / 2, rel=1e-5)
    expected = -10 * np.log10(np.square(target / 2).mean())
    assert values["psnr_image"] == pytest.approx(expected, rel=1e-5)
    rows, columns = evaluate.person_box(example)
    inside = np.abs(target[rows, columns]).mean() / 2
    assert values["l1_person"] == pytest.approx(inside, rel=1e-5)


def test_the_persons_box_holds_both_poses_and_stays_in_the_image(evaluate, example):
    rows, columns = evaluate.person_box(example)
    joints = np.concatenate([example.source_joints, example.target_joints])
    assert columns.start <= joints[:, 0].min() and joints[:, 0].max() <= columns.stop - 1
    assert rows.start <= joints[:, 1].min() and joints[:, 1].max() <= rows.stop - 1
    far = Example(example.source_image, joints[:14] * 0, joints[14:] * 0 + 63, example.target_image)
    assert evaluate.person_box(far) == (slice(0, 64), slice(0, 64))


def test_the_summary_has_means_and_standard_errors(evaluate):
    measured = [{"psnr": 1.0}, {"psnr": 3.0}, {"psnr": np.inf}]
    assert evaluate.summarize(measured)["psnr"] == {"mean": 2.0, "standard_error": 1.0}


def test_the_program_reports_by_video_and_overall(program, tmp_path):
    for name in ("stroll", "walk"):
        write_video(tmp_path / "data", name, split="test")
    model = tmp_path / "run" / "generator.keras"
    model.parent.mkdir()
    Generator(ModelConfig(FULL_BODY, 64, width=0.05)).save(model)
    done = program("eval.evaluate", run_dir=model.parent, data_dir=tmp_path / "data", pairs=6)
    assert done.returncode == 0, done.stderr
    assert "L1 in the person's box: " in done.stdout
    report = json.loads((model.parent / "evaluation.json").read_text())
    assert set(report["by_video"]) == {"stroll", "walk"}
    assert set(report["overall"]) == {"generated", "copied source"}
    # The frames are the same noise, whichever is copied.
    assert report["overall"]["copied source"]["l1_image"]["mean"] < 0.2


def test_a_model_file_needs_an_output(program, assert_refused, tmp_path):
    Generator(ModelConfig(FULL_BODY, 64, width=0.05)).save(tmp_path / "x.keras")
    done = program("eval.evaluate", run_dir=tmp_path / "x.keras", data_dir=tmp_path)
    assert_refused(done, "--output: required where --run_dir is a file")
