"""Bounds on what a repository may contain: size, depth and number of things.

A repository may come from a stranger. Exceeding a bound is an error, or a finding, that names the number;
nothing is truncated silently. All sizes are in bytes unless stated otherwise.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

MAX_CONTENT_FILE = 64 << 20
"""A Markdown or YAML file of the content folder: 64 MiB."""

MAX_RECORD = 60 << 20
"""The values of one record as JSON, in a file, in a row, or in the ledger: 60 MiB."""

MAX_CONFIG_FILE = 1 << 20
"""`studio.yaml`, `.studioignore` and a template: 1 MiB each."""

MAX_SCHEMA_FILE = 1 << 20
"""A schema of the workspace's own: 1 MiB."""

MAX_STATE_FILE = 1 << 30
"""A file of `.studio` that is read whole, such as the journal of a move: 1 GiB."""

MAX_SOURCES_FILE = 16 << 20
"""A file of `studio.sources`: 16 MiB."""

MAX_UNPACKED = 16 << 20
"""The unpacked size of a compressed text in `studio.sources`: 16 MiB."""

MAX_SOURCES_FILES = 10_000
"""Files in `studio.sources`."""

MAX_IGNORE_PATTERNS = 500
"""Patterns in one `.studioignore`."""

MAX_IGNORE_PATTERN = 1_000
"""Characters of one pattern in `.studioignore`."""

MAX_FOLDER_DEPTH = 64
"""Nested folders below the content folder; a record needs five."""

MAX_CONTENT_FILES = 500_000
"""Markdown and YAML files below the content folder."""

MAX_ROWS = 1_000_000
"""Rows of one table that a workspace reads."""

MAX_GIT_MEMORY = 4 << 30
"""Memory of a git process, on Linux."""

MAX_GIT_PATHS = 1 << 30
"""Memory of a git process that lists a commit's paths, on Linux: a few objects can have 10 billion."""

MAX_GIT_OUTPUT = 1 << 30
"""The output of a git command."""

MAX_COMMIT_LINES = 10_000
"""Trailers with decisions in the message of one commit (`Studio-Delete` and others)."""

MAX_YAML_NODES = 100_000
"""Keys and values in one YAML text, including list items."""

MAX_SCHEMA_RULES = 20_000
"""Rules in a workspace's own schema, each counted for every path by alternatives and `$ref`s."""

MAX_SCHEMA_CHAIN = 30
"""Rules of an own schema in a chain for the same value, by `$ref` or `anyOf`."""

MAX_SCHEMA_WORK = 200_000_000
"""Rules of an own schema times values of a file: the cost of validating one file."""

MAX_EXPLAINED = 200_000
"""Keywords of a schema that are evaluated to explain one file's faults."""

MAX_FINDINGS = 100
"""Faults reported for one YAML text, or for one file by its schema; fixing them shows the others."""

MAX_QUICK_YAML = 200_000
"""Characters of a YAML text that is parsed in one pass; in longer ones, nodes are counted first."""

MAX_WORD_DIFF = 400_000
"""Characters of a passage, in all its versions, that are compared and merged word by word."""

MAX_MARKUP = 10_000
"""Markup characters in one paragraph of Markdown whose links and wording are checked."""

MAX_MARKDOWN = 300_000
"""Characters of a Markdown text whose links and wording are checked: a book of 50,000 words."""

MAX_IMPORT_FILES = 100_000
"""Files below a folder that `studio import` reads."""

MAX_IMPORT_TEXT = 256 << 20
"""The pages of one `studio import`, together: 256 MiB."""

MAX_IMPORT_PICTURE = 64 << 20
"""A picture or other file in an import: 64 MiB."""

MAX_IMPORT_PICTURES = 2 << 30
"""All pictures of one import, each counted for every copy: 2,048 MiB."""

MAX_STYLE_FILES = 2_000
"""Files of styles passed to Vale."""

MAX_STYLE_BYTES = 32 << 20
"""Those files together: 32 MiB."""

MAX_VALE_ANSWER = 64 << 20
"""Vale's output about all texts: 64 MiB."""


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Split `items` into runs of at most `size`, as a query or a command line takes only so many."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
