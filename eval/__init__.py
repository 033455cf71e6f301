"""What weights are good for: figures, evaluation, transfer, export."""

from posewarp.program import import_keras_quietly

import_keras_quietly()
