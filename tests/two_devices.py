"""`train.pretrain` on two logical CPUs."""

import runpy

import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
runpy.run_module("train.pretrain", run_name="__main__", alter_sys=True)
