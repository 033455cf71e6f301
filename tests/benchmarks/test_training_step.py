import keras
import pytest

from benchmarks.training_step import count_flops, step_flops
from posewarp.networks import Generator, ModelConfig
from posewarp.perceptual import vgg19

CONFIG = ModelConfig(image_size=64, width=0.05)


def test_operations_of_convolutions_and_dense_layers_are_counted():
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(5, 3, strides=2, padding="same")(inputs)
    x = keras.layers.Dense(7)(keras.layers.Flatten()(x))
    assert count_flops(keras.Model(inputs, x), 8) == 2 * (4 * 4 * 5 * 3 * 3 * 3 + 4 * 4 * 5 * 7)


def test_vgg_has_the_operations_that_tensorflow_counts():
    import tensorflow as tf
    from tensorflow.python.profiler import model_analyzer
    from tensorflow.python.profiler.option_builder import ProfileOptionBuilder

    vgg = vgg19("random")
    graph = tf.function(vgg).get_concrete_function(tf.TensorSpec((1, 64, 64, 3))).graph
    options = ProfileOptionBuilder(ProfileOptionBuilder.float_operation()).with_empty_output()
    found = model_analyzer.profile(graph, options=options.build()).total_float_ops
    # TensorFlow counts biases and poolings, too.
    assert count_flops(vgg, 64) == pytest.approx(found, rel=0.01)


def test_a_step_needs_more_than_a_forward_pass_and_a_gan_step_more_than_pretraining():
    flops = [step_flops(part, CONFIG, 2) for part in ("forward", "pretrain", "gan")]
    assert flops == sorted(flops)
    assert flops[0] == 2 * count_flops(Generator(CONFIG), 64)
