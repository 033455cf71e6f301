import csv
import shutil

import keras
import numpy as np
import pytest
import scipy.io
from published_layout import write_video

from posewarp.networks import PlainUNet, load_network

SMALL = {"image_size": 64, "width": 0.05, "batch_size": 2, "vgg_weights": "random", "xla": False}


def history(run_dir):
    with open(run_dir / "history.csv") as file:
        return [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file)]


@pytest.mark.slow
def test_a_run_continues_where_it_stopped_and_leaves_what_it_promises(
    program, published_data, tmp_path
):
    flags = {**SMALL, "data_dir": published_data, "sample_every": 2}
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    for run_dir, steps in ((unbroken, 4), (broken, 2), (broken, 4)):
        done = program("train.pretrain", **flags, run_dir=run_dir, steps=steps)
        assert done.returncode == 0, done.stderr
        assert f"{steps} steps done" in done.stdout
        yardstick = "copying the source image has a perceptual loss of"
        assert (yardstick in done.stderr) == (steps == 2 or run_dir == unbroken)

    assert [step for step, _ in history(broken)] == [1, 2, 3, 4]
    np.testing.assert_allclose(history(broken), history(unbroken), rtol=1e-5)
    weights = [
        keras.saving.load_model(run / "generator.keras").get_weights() for run in (unbroken, broken)
    ]
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    made = {path.name for path in broken.iterdir()}
    assert made == {
        *("flags.txt", "config.json", "history.csv", "vgg_statistics.npz", "generator.keras"),
        *("checkpoints", "logs", "samples", ".lock"),
    }
    assert sorted(path.name for path in (broken / "samples").iterdir()) == ["2.png", "4.png"]

    # The flags of a run are all that is needed to start it again, also of one that was begun
    # before a flag was added.
    kept = (broken / "flags.txt").read_text().replace("--model=generator\n", "")
    (broken / "flags.txt").write_text(kept)
    again = program("train.pretrain", flagfile=broken / "flags.txt", steps=5)
    assert again.returncode == 0, again.stderr
    assert history(broken)[-1][0] == 5


@pytest.mark.slow
def test_the_baseline_trains_in_both_stages_and_stays_the_baseline(
    program, assert_refused, published_data, tmp_path
):
    flags = {**SMALL, "data_dir": published_data, "run_dir": tmp_path / "unet", "steps": 2}
    done = program("train.pretrain", **flags, model="unet")
    assert done.returncode == 0, done.stderr
    pretrained = load_network(tmp_path / "unet")
    assert isinstance(pretrained, PlainUNet)
    assert_refused(
        program("train.pretrain", **flags), "begun with other flags .--model was unet, is generator"
    )

    shared = {name: flags[name] for name in ("data_dir", "batch_size", "vgg_weights", "xla")}
    again = {"run_dir": tmp_path / "gan", "steps": 2, "discriminator_warmup_steps": 0}
    done = program("train.gan", **shared, **again, generator=tmp_path / "unet")
    assert done.returncode == 0, done.stderr
    trained = load_network(tmp_path / "gan")
    assert isinstance(trained, PlainUNet)
    moved = [
        np.abs(ours - theirs).max()
        for ours, theirs in zip(trained.get_weights(), pretrained.get_weights(), strict=True)
    ]
    assert 0 < max(moved) < 1e-3


def test_the_published_recipes_are_read(program, assert_refused):
    for recipe in ("full_body", "upper_body"):
        done = program("train.pretrain", flagfile=f"configs/{recipe}_pretrain.flags")
        assert_refused(done, "--data_dir is required")


def no_folder(root):
    shutil.rmtree(root)


def no_annotation(root):
    (root / "train" / "info" / "walk.mat").unlink()


def no_frame(root):
    (root / "train" / "frames" / "walk" / "2.jpg").unlink()


def seven_joints(root):
    data = {"X": np.zeros((7, 2, 3)), "bbox": np.zeros((3, 4))}
    scipy.io.savemat(root / "train" / "info" / "walk.mat", {"data": data})


def one_frame(root):
    shutil.rmtree(root)
    write_video(root, frames=1)


def nothing(root):
    pass


@pytest.mark.parametrize(
    ("damage", "flags", "message"),
    [
        (nothing, {"data_dir": ""}, "--data_dir is required: Folder of the data set"),
        (nothing, {"run_dir": ""}, "--run_dir is required"),
        (nothing, {"image_size": 100}, "image_size: expected a multiple of 32.* got 100"),
        (nothing, {"skeleton": "octopus"}, "skeleton 'octopus': expected full_body, upper_body"),
        (nothing, {"vgg_weights": "imagenet"}, "VGG weights imagenet: cannot be downloaded"),
        (nothing, {"vgg_weights": "absent.h5"}, "'absent.h5': no such file"),
        (nothing, {"vgg_statistics": "absent.mat"}, "absent.mat: no such file"),
        (no_folder, {}, "train.frames: no such folder"),
        (no_annotation, {}, "walk.mat: no such file"),
        (no_frame, {}, r"2\.jpg: no such file"),
        (seven_joints, {}, r"walk.mat: data.X: expected shape \(14, 2, frames\), got \(7, 2, 3\)"),
        (one_frame, {}, "'walk': too short for a pair"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    damage, flags, message, program, assert_refused, tmp_path
):
    data, run_dir = tmp_path / "data", tmp_path / "run"
    write_video(data)
    damage(data)
    given = {**SMALL, "data_dir": data, "run_dir": run_dir, "steps": 1, **flags}
    assert_refused(program("train.pretrain", **given), message)
    assert not run_dir.exists()
