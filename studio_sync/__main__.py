"""Entry point of `studio`, also as `python -m studio_sync`, if pip's scripts are not on PATH."""

import gc
import os
import sys


def main() -> None:
    """Run the command line. Ctrl-C is quiet from the first moment on, also during imports."""
    # A run is short and creates few cycles; garbage collection would take a tenth of its time.
    gc.set_threshold(400_000, 20, 20)
    try:
        from studio_sync.cli.main import main as run
    except (KeyboardInterrupt, RuntimeError) as error:
        # Before 3.12, Python wraps a Ctrl-C during the creation of a class in a RuntimeError.
        if not isinstance(error.__cause__ or error, KeyboardInterrupt):
            raise
        sys.stderr.write("stopped; nothing was changed\n")
        sys.exit(130)
    try:
        run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            code = code or 3
        # Everything is closed and written by now: skip the destruction of objects.
        os._exit(code)


if __name__ == "__main__":
    main()
