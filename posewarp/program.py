"""How every command-line program begins and ends.

A user's mistake ends in one line on stderr and exit status 1, or 2 if the command line itself
cannot be read. Anything else keeps its traceback, because it is a bug of ours.
"""

import contextlib
import difflib
import io
import logging as python_logging
import math
import os
import signal
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator

from absl import app, flags, logging

from posewarp.errors import PosewarpError, UsageError

HELP = {"--help", "-help", "-h", "-?", "--helpshort"}
ROOMS = ("posewarp", "data", "train", "eval", "benchmarks")


def run(main: Callable[[], None], *required: str):
    """Parses the command line with absl, calls `main`, and exits.

    Args:
        main: The program. It takes no arguments; what it needs are flags.
        required: Names of the flags that have to be given.
    """
    handler = logging.get_absl_handler()
    handler.setFormatter(python_logging.Formatter("%(message)s"))
    handler.addFilter(lambda record: f"{os.sep}tensorflow{os.sep}" not in record.pathname)
    if sys.stdout:  # as stderr does: a name in another encoding is no reason to fail
        sys.stdout.reconfigure(errors="backslashreplace")
    # TensorFlow's threads may not outlive a pipe that is closed early, as by `| head`.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    app.run(lambda _: _guarded(main, required), flags_parser=lambda argv: _parse(argv, required))


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


def _guarded(main, required):
    try:
        require_flags(*required)
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


def _parse(argv, required):
    if HELP & set(argv):
        print(_help(required))
        sys.exit()
    if "--helpfull" in argv:
        app.usage(writeto_stdout=True, exitcode=0)
    flagfiles = " ".join(argument for argument in argv if "flagfile" in argument)
    try:
        with contextlib.redirect_stderr(io.StringIO()) as warnings:
            rest = flags.FLAGS(argv)
    except flags.UnrecognizedFlagError as error:
        own = [flag.name for group in own_flags().values() for flag in group]
        close = difflib.get_close_matches(error.flagname, own)
        _exit(flags.UnrecognizedFlagError(error.flagname, suggestions=close), 2)
    except (flags.CantOpenFlagFileError, OSError) as error:
        _exit(f"{flagfiles}: {(error.__context__ or error).strerror}", 2)
    except flags.Error as error:
        _exit(error, 2)
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


def own_flags() -> dict[str, list[flags.Flag]]:
    """The project's flags by module, the program's first, in the order of their definition."""
    groups = flags.FLAGS.flags_by_module_dict()
    libraries = (module for module in groups if module.partition(".")[0] in ROOMS)
    return {module: groups.get(module, []) for module in (sys.argv[0], *libraries)}


def _help(required):
    """What the program is, and its flags: the required ones, its own, then those of libraries."""
    groups = {"Required:": [flags.FLAGS[name] for name in required]}
    for module, group in own_flags().items():
        library = sys.modules.get(module)
        heading = library.__doc__.partition("\n")[0].rstrip(".") + ":" if library else "Flags:"
        groups[heading] = [flag for flag in group if flag.name not in required]
    lines = [sys.modules["__main__"].__doc__ or ""]
    for heading, group in groups.items():
        if group:
            lines += [heading, *map(_described, group), ""]
    return "\n".join([*lines, "--helpfull also lists the flags of libraries."])


def _described(flag):
    default = "" if flag.default in (None, []) else flag.default
    name = f"  --[no]{flag.name}" if flag.boolean else f"  --{flag.name}={default}"
    meaning = flag.help + (" (on by default)" if flag.boolean and flag.default else "")
    return name + "\n" + textwrap.indent(textwrap.fill(meaning, 84), " " * 6)


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
        if flag.value in (None, "", []):
            raise UsageError(f"--{name} is required: {flag.help}")
