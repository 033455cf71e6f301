"""What a user watches while a network trains: progress, sample pictures, validation."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from data.drawing import transfer_figure, write_image
from data.images import read_photo
from data.pairs import Example, Pairs
from data.pipeline import collate, errors_raised, make_dataset
from posewarp.metrics import l1, psnr, ssim
from posewarp.networks import ModelConfig
from posewarp.perceptual import PerceptualLoss
from posewarp.saving import save_network
from train.health import Health
from train.history import Summary
from train.run_directory import HISTORY_FILE, read_history

Image = tf.compat.v1.Summary.Image
BEST_FILE = "best.keras"
SHOWN = ("loss", Health.NAME)
"""Endings of what the progress bar shows."""


class ProgressBar(keras.callbacks.Callback):
    """Shows step, losses and time left on stderr."""

    def __init__(self, first_step: int):
        super().__init__()
        self._first_step = first_step

    def on_train_begin(self, logs=None):
        self._bar = tqdm(total=self.params["steps"], initial=self._first_step, unit="step")

    def on_train_batch_end(self, batch, logs=None):
        # The losses first: tqdm redraws on update. All there is would not fit a line.
        losses = {name: value for name, value in logs.items() if name.endswith(SHOWN)}
        self._bar.set_postfix_str(
            ", ".join(f"{name} {value:.4f}" for name, value in losses.items()), refresh=False
        )
        self._bar.update()

    def on_train_end(self, logs=None):
        self._bar.close()


class Samples(keras.callbacks.Callback):
    """Draws a few transfers into `samples/<step>.png` every now and then, and for TensorBoard.

    Args:
        examples: The Examples to draw, always the same.
        every: int. Steps between pictures.
        first_step: int. Steps done before this start.
    """

    def __init__(
        self,
        run_dir: Path,
        examples: Sequence[Example],
        config: ModelConfig,
        every: int,
        first_step: int,
    ):
        super().__init__()
        self._folder = run_dir / "samples"
        self._examples = list(examples)
        self._config = config
        self._inputs = collate(self._examples, config)
        self._every = every
        self._summary = Summary(run_dir / "logs" / "samples")
        drawn = (path for path in self._folder.glob("*.png") if path.stem.isdecimal())
        for path in sorted(drawn, key=lambda path: int(path.stem)):
            if int(path.stem) <= first_step:
                self._summarize(path)

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self._every == 0:
            generated = np.array(self.model(self._inputs, training=False))
            path = self._folder / f"{batch + 1}.png"
            write_image(path, transfer_figure(self._examples, generated, self._config.skeleton))
            self._summarize(path)

    def on_train_end(self, logs=None):
        self._summary.close()

    def _summarize(self, path):
        height, width, colours = read_photo(path).shape
        image = Image(height=height, width=width, colorspace=colours)
        image.encoded_image_string = path.read_bytes()
        self._summary.write([(int(path.stem), {"samples": image})])


class Validation(keras.callbacks.Callback):
    """Measures the generator on fixed pairs, and keeps the best one as `best.keras`.

    Adds `validation_perceptual_loss`, `validation_l1`, `validation_psnr` and `validation_ssim`
    to the step's logs, so it comes before what keeps them.

    Args:
        pairs: Pairs. Of the test split, without augmentation.
        batches: int. Batches of `BATCH_SIZE` pairs.
        every: int. Steps between validations.
        first_step: int. Steps done before this start.
    """

    NAMES = tuple(f"validation_{name}" for name in ("perceptual_loss", "l1", "psnr", "ssim"))
    BATCH_SIZE = 4

    def __init__(
        self,
        run_dir: Path,
        pairs: Pairs,
        perceptual_loss: PerceptualLoss,
        batches: int,
        every: int,
        first_step: int,
    ):
        super().__init__()
        self._path = run_dir / BEST_FILE
        self._pairs = pairs
        self._dataset = make_dataset(pairs, self.BATCH_SIZE, batches=batches)
        self._functions = (perceptual_loss, l1, psnr, ssim)
        self._every = every
        past = [
            float(row[self.NAMES[0]])
            for row in read_history(run_dir / HISTORY_FILE)
            if int(row["step"]) <= first_step and row.get(self.NAMES[0])
        ]
        self._best = min(past, default=np.inf)

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self._every:
            return
        measured = []
        with errors_raised(self._pairs):
            for inputs, target in self._dataset:
                made = self.model(inputs, training=False)
                measured.append([np.mean(measure(target, made)) for measure in self._functions])
        means = np.mean(measured, axis=0, dtype="float64").tolist()
        logs.update(zip(self.NAMES, means, strict=True))
        if means[0] < self._best:
            self._best = means[0]
            save_network(self.model, self._path)
