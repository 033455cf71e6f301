"""How every command-line program begins and ends.

A user's mistake ends in one line on stderr and exit status 1, or 2 if the command line itself
cannot be read. Anything else keeps its traceback, because it is a bug of ours.
"""

import contextlib
import io
import logging as python_logging
import math
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator

from absl import app, flags, logging

from posewarp.errors import PosewarpError, UsageError


def run(main: Callable[[], None]):
    """Parses the command line with absl, calls `main`, and exits.

    Args:
        main: The program. It takes no arguments; what it needs are flags.
    """
    handler = logging.get_absl_handler()
    handler.setFormatter(python_logging.Formatter("%(message)s"))
    handler.addFilter(lambda record: f"{os.sep}tensorflow{os.sep}" not in record.pathname)
    if sys.stdout:  # as stderr does: a name in another encoding is no reason to fail
        sys.stdout.reconfigure(errors="backslashreplace")
    # TensorFlow's threads may not outlive a pipe that is closed early, as by `| head`.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    app.run(lambda _: _guarded(main), flags_parser=_parse)


def import_keras_quietly():
    """Imports Keras and its backend without the backend's messages at start-up.

    TensorFlow 2.21 writes several lines to stderr while it is imported, and no setting of its
    own keeps it from that.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # On CPUs without AVX-512's VNNI, TensorFlow leaves oneDNN's faster convolutions off.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with quiet_stderr():
        import keras  # noqa: F401


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drops what is written to stderr within, by libraries in C++ too, unless it fails.

    A PosewarpError says all there is to say; before anything else, the messages come out.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            yield
        except PosewarpError:
            raise
        except BaseException:
            messages.seek(0)
            os.write(stderr, messages.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)


def _guarded(main):
    try:
        main()
    except PosewarpError as error:
        _exit(error, 1)
    except OSError as error:
        # What the file system refuses is for the user to mend: rights, a full disk, a long name.
        if error.filename is None or error.strerror is None:
            raise
        _exit(f"{os.fsdecode(error.filename)}: {error.strerror}", 1)
    except KeyboardInterrupt:
        _exit("interrupted", 130)


def _parse(argv):
    flagfiles = " ".join(argument for argument in argv if "flagfile" in argument)
    try:
        with contextlib.redirect_stderr(io.StringIO()) as warnings:
            rest = flags.FLAGS(argv)
    except flags.Error as error:
        _exit(error, 2)
    except OSError as error:
        _exit(f"--flagfile: {error.filename}: {error.strerror}", 2)
    except UnicodeDecodeError as error:
        _exit(f"{flagfiles}: expected a file of text: {error}", 2)
    if warnings.getvalue():  # absl goes on without a flagfile that names itself
        _exit(f"{flagfiles}: {warnings.getvalue()}", 2)
    if len(rest) > 1:
        _exit(f"unexpected argument {rest[1]!r}: expected flags only, as --name=value", 2)
    for name in flags.FLAGS:
        value = flags.FLAGS[name].value
        if isinstance(value, float) and not math.isfinite(value):
            _exit(f"--{name}={value}: expected a finite number", 2)
    return rest


def _exit(message, status):
    print("error:", " ".join(str(message).split()), file=sys.stderr, flush=True)
    sys.exit(status)


def require_flags(*names: str):
    """Checks that flags without a default were given.

    Raises:
        UsageError: One was not; the message says which, and what it means.
    """
    for name in names:
        flag = flags.FLAGS[name]
        if flag.value in (None, ""):
            raise UsageError(f"--{name} is required: {flag.help}")
