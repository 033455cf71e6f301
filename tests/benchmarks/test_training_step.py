import pytest
import tensorflow as tf
from tensorflow.python.profiler import model_analyzer
from tensorflow.python.profiler.option_builder import ProfileOptionBuilder

from benchmarks.training_step import count_flops, step_flops
from posewarp.networks import Discriminator, Generator, ModelConfig
from posewarp.perceptual import vgg19

CONFIG = ModelConfig(image_size=64, width=0.05)


@pytest.mark.parametrize("make", [lambda: vgg19("random"), lambda: Discriminator(CONFIG)])
def test_a_network_has_the_operations_that_tensorflow_counts(make):
    model = make()
    inputs = tf.nest.map_structure(
        lambda x: tf.TensorSpec([side or 64 for side in (1, *x.shape[1:])]), model.input
    )
    graph = tf.function(model).get_concrete_function(inputs).graph
    options = ProfileOptionBuilder(ProfileOptionBuilder.float_operation()).with_empty_output()
    found = model_analyzer.profile(graph, options=options.build()).total_float_ops
    # TensorFlow counts biases and poolings, too.
    assert count_flops(model, 64) == pytest.approx(found, rel=0.01)


def test_a_step_needs_more_than_a_forward_pass_and_a_gan_step_more_than_pretraining():
    flops = [step_flops(part, CONFIG, 2) for part in ("forward", "pretrain", "gan")]
    assert flops == sorted(flops)
    assert flops[0] == 2 * count_flops(Generator(CONFIG), 64)
