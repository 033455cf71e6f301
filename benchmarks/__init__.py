"""What the parts of posewarp cost, beside plain programs that do the same."""

from posewarp.program import import_keras_quietly

import_keras_quietly()
