"""The command ``marsham``: one short module a command, and the manners they share.

Results go to standard output; progress and messages to standard error. Status 0 means done, 1 done
with findings, 2 could not be done. No traceback reaches a user.

What a command needs is imported when it runs: a short one does not wait for the others, and a
Ctrl-C while modules are loaded is answered like any other.
"""

import os
import signal
import sys

__all__ = ["main", "run"]

_FAILED = 2
_STOPPED = "marsham: stopped; what was finished before is kept"


def main() -> None:
    """Run the command line and leave the process with its status."""
    try:
        # A service manager's way of stopping is heeded as a person's is: work in flight is undone.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        for stream in (sys.stdout, sys.stderr):
            # Archived text may hold what a terminal cannot show.
            if reconfigure := getattr(stream, "reconfigure", None):
                reconfigure(errors="backslashreplace")
        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        print(_STOPPED, file=sys.stderr)  # noqa: T201 - nothing else may be loaded yet
        status = _FAILED
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command line and give its status; whatever goes wrong is said in a sentence."""
    import logging

    import click

    from archiver.errors import MarshamError
    from marsham.cli.commands import marsham
    from marsham.cli.support import DONE

    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
    try:
        status = marsham.main(arguments, prog_name="marsham", standalone_mode=False)
    except MarshamError as error:
        return _complain(f"marsham: {error}")
    except click.ClickException as error:
        error.show()
        return _FAILED
    except (click.Abort, KeyboardInterrupt):
        return _complain(_STOPPED)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else "the output: "
        return _complain(f"marsham: cannot read or write {place}{error.strerror or error}")
    except SystemExit:
        # Click leaves this way when whoever read our output has seen enough (a closed pipe).
        return DONE
    except Exception as error:
        if os.environ.get("MARSHAM_DEBUG"):
            raise
        return _complain(
            f"marsham: an error in Marsham itself: {type(error).__name__}: {error}; "
            "run it again with MARSHAM_DEBUG=1 and report what it prints"
        )
    return status if isinstance(status, int) else DONE


def _complain(message: str) -> int:
    from marsham.cli.support import say

    say(message, err=True)
    return _FAILED
