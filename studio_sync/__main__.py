"""Entry point of `studio`, also as `python -m studio_sync`, if pip's scripts are not on PATH.

Ctrl-C shows no traceback at any moment. During the imports, when nothing was changed yet, it ends the process
at once: an exception would be printed and swallowed in callbacks, or wrapped in others. Then it is one, so
that a command can end in order. At the end there is nothing left to tell.
"""

import gc
import os
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line, and end the process."""
    # A run is short and creates few cycles; garbage collection would take a tenth of its time.
    gc.set_threshold(400_000, 20, 20)
    try:
        import signal

        heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # under `nohup` it is not
        if heeded:
            signal.signal(signal.SIGINT, lambda *_: _stopped("nothing was changed"))
    except KeyboardInterrupt:
        _stopped("nothing was changed")
    from studio_sync.cli import head_start

    head_start.begin(sys.argv[1:])
    from studio_sync.cli.main import STOPPED
    from studio_sync.cli.main import main as run

    sys.unraisablehook = _end_where_it_was_swallowed
    code = _INTERRUPTED
    try:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            run()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        head_start.end()
        if heeded:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:
        _stopped(STOPPED)
    except OSError:
        code = code or 3
    # Everything is closed and written by now: skip the destruction of objects.
    os._exit(code)


def _end_where_it_was_swallowed(event: "sys.UnraisableHookArgs") -> None:
    """End a run whose Ctrl-C came in a callback, from where no exception gets out."""
    if isinstance(event.exc_value, KeyboardInterrupt):
        from studio_sync.cli.main import STOPPED

        _stopped(STOPPED)
    sys.__unraisablehook__(event)


def _stopped(state: str) -> None:
    try:
        os.write(2, f"stopped; {state}\n".encode())
    finally:
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
