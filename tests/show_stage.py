"""Prints the data and the flags that a training program would take."""

from posewarp.networks import ModelConfig
from posewarp.program import run
from posewarp.skeleton import UPPER_BODY
from train import stage
from train.run_directory import program_flags


def main():
    config = ModelConfig(UPPER_BODY, 64)
    print([video.name for video in stage.training_pairs(config).videos])
    validation = stage.validation_pairs(config)
    print(validation and [video.name for video in validation.videos])
    flags = program_flags()
    names = ("dataset", "data_dir", "fit", "test_videos")
    print(*(f"{name}={flags[name]}" for name in names if name in flags))


run(main)
