import re

import pytest
from absl import logging

from train.health import FIRST_STEP, Health


def watched(caplog, **logs):
    """What is said of a run that always logs the same, and what is added to its logs."""
    health = Health(copying=0.1)
    logging.use_python_logging(quiet=True)
    for step in range(2 * FIRST_STEP):
        added = dict(logs)
        health.on_train_batch_end(step, added)
    return [record.getMessage() for record in caplog.records], added


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, None),
        ({"contrast": 0.01}, "step 100: the output is constant, 1.0 % of .*--learning_rate"),
        ({"foreground_mask": 0.003}, "step 100: the foreground is off, foreground_mask is 0.3 %"),
        ({"limb_mask": 0.0}, "step 100: the limbs are off, limb_mask is 0.0 % .*--learning_rate"),
    ],
)
def test_a_run_that_has_died_says_so_once(caplog, changed, message):
    alive = {"loss": 0.08, "contrast": 1.0, "foreground_mask": 0.4, "limb_mask": 0.4}
    lines, _ = watched(caplog, **{**alive, **changed})
    assert len(lines) == (message is not None)
    if message:
        assert re.match(message, lines[0])


def test_the_loss_is_logged_over_that_of_copying(caplog):
    assert watched(caplog, loss=0.08)[1]["over_copying"] == pytest.approx(0.8)
    adversarial = {"loss": 9.0, "perceptual_loss": 0.05}
    assert watched(caplog, **adversarial)[1]["over_copying"] == pytest.approx(0.5)
    assert "over_copying" not in watched(caplog, discriminator_loss=0.7)[1]
