"""The adversarial stage: a discriminator learns to tell, the generator learns to pass.

Section 3.4 of the CVPR 2018 paper. Each of the two updates of a step has a batch of its own.
"""

import keras
from keras import ops

from posewarp.networks import with_masks
from posewarp.perceptual import PerceptualLoss
from train.guide import vital_names, vital_signs
from train.loop import Update

LOGGED = (
    *("loss", "perceptual_loss", "adversarial_loss"),
    *("discriminator_loss", "accuracy_real", "accuracy_generated"),
)


class PoseWarpGAN:
    """Both networks and their updates, as `train.loop.TrainingLoop` takes them.

    Args:
        adversarial_weight: float. Factor on the generator's cross-entropy.
        learning_rate: float, or a schedule of Keras. Adam's.
        discriminator_learning_rate: The same for the discriminator; None for `learning_rate`.
        warmup_steps: int. Steps at the beginning that train the discriminator alone.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        perceptual_loss: PerceptualLoss,
        adversarial_weight: float = 0.1,
        learning_rate: float = 1e-4,
        discriminator_learning_rate: float | None = None,
        warmup_steps: int = 0,
    ):
        self._generator = with_masks(generator)
        self.discriminator = discriminator
        self.perceptual_loss = perceptual_loss
        self.adversarial_weight = adversarial_weight
        self.warmup_steps = warmup_steps
        self.logged = [*LOGGED, *vital_names(generator)]
        self.networks = {"generator": generator, "discriminator": discriminator}
        if discriminator_learning_rate is None:
            discriminator_learning_rate = learning_rate
        self.updates = {
            "discriminator": Update.by_adam(
                discriminator, discriminator_learning_rate, self.discriminator_loss
            ),
            "generator": Update.by_adam(generator, learning_rate, self.generator_loss),
        }

    def schedule(self, step: int) -> tuple[str, ...]:
        """The discriminator first, and in warm-up alone."""
        return ("discriminator",) if step < self.warmup_steps else ("discriminator", "generator")

    def discriminator_loss(self, inputs, target):
        """Cross-entropy of telling targets (1) from generated images (0), an `Update.loss`."""
        generated = self._generator(inputs, training=True)["output"]
        images = ops.concatenate([target, generated], axis=0)
        probability = self._probability_real(images, inputs, copies=2)
        real, fake = ops.split(probability, 2, axis=0)
        loss = (_cross_entropy(1.0, real) + _cross_entropy(0.0, fake)) / 2
        return loss, {
            "discriminator_loss": loss,
            "accuracy_real": ops.mean(ops.cast(real > 0.5, "float32")),
            "accuracy_generated": ops.mean(ops.cast(fake <= 0.5, "float32")),
        }

    def generator_loss(self, inputs, target):
        """Perceptual loss plus the weighted cross-entropy of passing for real, an `Update.loss`."""
        made = self._generator(inputs, training=True)
        generated = made["output"]
        perceptual = self.perceptual_loss.mean(target, generated)
        adversarial = _cross_entropy(1.0, self._probability_real(generated, inputs))
        loss = perceptual + self.adversarial_weight * adversarial
        return loss, {
            "loss": loss,
            "perceptual_loss": perceptual,
            "adversarial_loss": adversarial,
            **vital_signs(inputs, made, target),
        }

    def _probability_real(self, images, inputs, copies=1):
        volumes = {
            key: ops.concatenate([inputs[key]] * copies, axis=0)
            for key in ("source_volume", "target_volume")
        }
        return self.discriminator({"image": images, **volumes}, training=True)


def _cross_entropy(label, probability):
    labels = ops.full_like(probability, label)
    return ops.mean(keras.losses.binary_crossentropy(labels, probability))
