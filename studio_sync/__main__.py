"""`python -m studio_sync`: the same as `studio`, where pip's folder of programs is not on PATH."""

import sys


def main() -> None:
    """Run the command line. Ctrl-C is quiet from the first moment on, also while libraries are loaded."""
    try:
        from studio_sync.cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("stopped; nothing was changed\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
