import numpy as np
import pytest
from training_runs import MODEL, SMALL, history

from posewarp.networks import PlainUNet
from posewarp.saving import load_network


def test_a_run_leaves_what_it_promises_and_its_flags_continue_it(
    program, succeed, assert_refused, published_data, tmp_path
):
    flags = {**SMALL, **MODEL, "data_dir": published_data, "sample_every": 2, "run_dir": tmp_path}
    done = succeed("train.pretrain", **flags, steps=2)
    assert "2 steps done" in done.stdout
    yardstick = "copying the source image has a perceptual loss of"
    assert yardstick in done.stderr
    assert "has no test split: there will be no validation" in done.stderr

    # The flags of a run are all that is needed to start it again, also of one that was begun
    # before a flag was added.
    kept = (tmp_path / "flags.txt").read_text().replace("--model=generator\n", "")
    (tmp_path / "flags.txt").write_text(kept)
    again = succeed("train.pretrain", flagfile=tmp_path / "flags.txt", steps=4)
    assert yardstick not in again.stderr

    assert [row[0] for row in history(tmp_path)] == [1, 2, 3, 4]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("flags.txt", "config.json", "history.csv", "vgg_statistics.npz", "generator.keras"),
        *("copying.txt", "checkpoints", "logs", "samples", ".lock"),
    }  # and no best.keras, which needs validation
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == ["2.png", "4.png"]
    other = program("train.pretrain", **flags, steps=4, model="unet")
    assert_refused(other, "begun with other flags .--model was generator, is unet")


@pytest.mark.slow
def test_the_baseline_trains_in_both_stages_and_stays_the_baseline(
    succeed, published_data, tmp_path
):
    unet, gan = tmp_path / "unet", tmp_path / "gan"
    flags = {**SMALL, "data_dir": published_data, "steps": 2}
    succeed("train.pretrain", **flags, **MODEL, run_dir=unet, model="unet")
    succeed("train.gan", **flags, run_dir=gan, start=unet, discriminator_warmup_steps=0)
    pretrained, trained = load_network(unet), load_network(gan)
    assert isinstance(pretrained, PlainUNet) and isinstance(trained, PlainUNet)
    pairs = zip(trained.get_weights(), pretrained.get_weights(), strict=True)
    assert 0 < max(np.abs(ours - theirs).max() for ours, theirs in pairs) < 1e-3
