"""Whether a run is alive: its loss beside that of copying, and a line when it has died."""

import keras
from absl import logging
from tqdm import tqdm

SMOOTHING = 0.95
"""Of the means that are watched: over the last 20 steps or so."""
FIRST_STEP = 100
"""Before, a network may still find its way."""
DEAD_MASK = (
    "off, {name} is {share:.1f} % of the person's box: the network does not move the person; "
    "begin a new run with a lower --learning_rate or more --guide_steps"
)
COMPLAINTS = {
    "contrast": (
        0.05,
        "the output is constant, {share:.1f} % of the targets' contrast: the network is dead; "
        "begin a new run with a lower --learning_rate or --start=identity",
    ),
    "foreground_mask": (0.02, f"the foreground is {DEAD_MASK}"),
    "limb_mask": (0.02, f"the limbs are {DEAD_MASK}"),
}
"""By vital sign, the least share of a living network, and what is said below it. A mask's is 0.2 to
0.7, alive."""


class Health(keras.callbacks.Callback):
    """Logs the loss over the yardstick, and says once what is wrong with a run.

    Adds `over_copying` to the step's logs, so it comes before what keeps them: the perceptual
    loss over that of copying the source, 1 for a network that copies.

    Args:
        copying: float. Perceptual loss of copying the source image.
    """

    NAME = "over_copying"

    def __init__(self, copying: float):
        super().__init__()
        self._copying = copying
        self._means: dict[str, float] = {}
        self._said = False

    def on_train_batch_end(self, batch, logs=None):
        loss = logs.get("perceptual_loss", logs.get("loss"))
        if loss is not None and self._copying:  # 0 where all frames are the same
            logs[self.NAME] = loss / self._copying
        for name, (least, complaint) in COMPLAINTS.items():
            if name not in logs:
                continue
            mean = self._means.get(name, logs[name])
            self._means[name] = mean = SMOOTHING * mean + (1 - SMOOTHING) * logs[name]
            if mean < least and batch + 1 >= FIRST_STEP and not self._said:
                self._said = True
                with tqdm.external_write_mode():  # on a line of its own
                    said = complaint.format(name=name, share=100 * mean)
                    logging.warning("step %d: %s", batch + 1, said)
