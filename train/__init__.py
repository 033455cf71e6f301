"""How weights are made: the training loop and the programs that run it."""

from posewarp.program import import_keras_quietly

import_keras_quietly()
