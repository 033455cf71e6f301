import numpy as np
import pytest
from training_runs import MODEL, SMALL, history

from posewarp.networks import PlainUNet
from posewarp.saving import load_network


def test_a_run_leaves_what_it_promises_and_its_flags_continue_it(
    program, assert_refused, published_data, tmp_path
):
    flags = {**SMALL, **MODEL, "data_dir": published_data, "sample_every": 2, "run_dir": tmp_path}
    done = program("train.pretrain", **flags, steps=2)
    assert done.returncode == 0, done.stderr
    assert "2 steps done" in done.stdout
    yardstick = "copying the source image has a perceptual loss of"
    assert yardstick in done.stderr
    assert "has no test split: there will be no validation" in done.stderr

    # The flags of a run are all that is needed to start it again, also of one that was begun
    # before a flag was added.
    kept = (tmp_path / "flags.txt").read_text().replace("--model=generator\n", "")
    (tmp_path / "flags.txt").write_text(kept)
    again = program("train.pretrain", flagfile=tmp_path / "flags.txt", steps=4)
    assert again.returncode == 0, again.stderr
    assert yardstick not in again.stderr

    assert [row[0] for row in history(tmp_path)] == [1, 2, 3, 4]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("flags.txt", "config.json", "history.csv", "vgg_statistics.npz", "generator.keras"),
        "copying.txt",
        *("checkpoints", "logs", "samples", ".lock"),
    }  # and no best.keras, which needs validation
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == ["2.png", "4.png"]
    other = program("train.pretrain", **flags, steps=4, model="unet")
    assert_refused(other, "begun with other flags .--model was generator, is unet")


@pytest.mark.slow
def test_the_baseline_trains_in_both_stages_and_stays_the_baseline(
    program, published_data, tmp_path
):
    flags = {**SMALL, **MODEL, "data_dir": published_data, "run_dir": tmp_path / "unet", "steps": 2}
    done = program("train.pretrain", **flags, model="unet")
    assert done.returncode == 0, done.stderr
    pretrained = load_network(tmp_path / "unet")
    assert isinstance(pretrained, PlainUNet)
    again = {"data_dir": published_data, "run_dir": tmp_path / "gan", "steps": 2}
    again |= {"start": tmp_path / "unet", "discriminator_warmup_steps": 0}
    done = program("train.gan", **SMALL, **again)
    assert done.returncode == 0, done.stderr
    trained = load_network(tmp_path / "gan")
    assert isinstance(trained, PlainUNet)
    moved = [
        np.abs(ours - theirs).max()
        for ours, theirs in zip(trained.get_weights(), pretrained.get_weights(), strict=True)
    ]
    assert 0 < max(moved) < 1e-3
