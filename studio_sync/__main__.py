"""`python -m studio_sync`: the same as `studio`, where pip's folder of programs is not on PATH."""

from studio_sync.cli.main import main

if __name__ == "__main__":
    main()
