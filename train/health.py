"""Whether a run is alive: its loss beside that of copying, and a line when it has died."""

import keras
from absl import logging
from tqdm import tqdm

SMOOTHING = 0.95
"""Of the means that are watched: over the last 20 steps or so."""
FIRST_STEP = 100
"""Before, a network may still find its way."""
LEAST_MASK = 0.02
"""Of a mask's mean in the person's box; alive, it is 0.2 to 0.7."""
LEAST_CONTRAST = 0.05
"""Of the output's deviation over the target's."""


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
        for name in ("contrast", "foreground_mask", "limb_mask"):
            if name in logs:
                mean = self._means.get(name, logs[name])
                self._means[name] = SMOOTHING * mean + (1 - SMOOTHING) * logs[name]
        if self._said or batch + 1 < FIRST_STEP:
            return
        if complaint := self._complaint():
            self._said = True
            with tqdm.external_write_mode():  # on a line of its own
                logging.warning("step %d: %s", batch + 1, complaint)

    def _complaint(self):
        contrast = self._means.get("contrast", 1.0)
        if contrast < LEAST_CONTRAST:
            return (
                f"the output is constant, {100 * contrast:.1f} % of the targets' contrast: the "
                f"network is dead; begin a new run with a lower --learning_rate or --start=identity"
            )
        for name, part in (("foreground_mask", "foreground is"), ("limb_mask", "limbs are")):
            share = self._means.get(name, 1.0)
            if share < LEAST_MASK:
                return (
                    f"the {part} off, {name} is {100 * share:.1f} % of the person's box: the "
                    f"network does not move the person; begin a new run with a lower "
                    f"--learning_rate or more --guide_steps"
                )
        return None
