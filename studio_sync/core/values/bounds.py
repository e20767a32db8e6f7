"""How large, deep and many things may be that a repository brings: each bound, its number, and why.

A repository may come from a stranger. Whatever goes over a bound is an error, or a finding, that says the
number; nothing is cut off silently. All sizes are in bytes unless they say otherwise.
"""

MAX_CONTENT_FILE = 64 << 20
"""A Markdown or YAML file of the content folder: 64 MiB."""

MAX_RECORD = 60 << 20
"""The values of one record, in a file or in a row, as the ledger keeps them: 60 MiB of JSON."""

MAX_CONFIG_FILE = 1 << 20
"""`studio.yaml`, `.studioignore` and a template: 1 MiB each."""

MAX_SCHEMA_FILE = 1 << 20
"""A schema of the workspace's own: 1 MiB."""

MAX_STATE_FILE = 1 << 30
"""A file of `.studio` that is read whole, such as the journal of a move: 1 GiB."""

MAX_SOURCES_FILE = 16 << 20
"""A file of `studio.sources`: 16 MiB."""

MAX_UNPACKED = 16 << 20
"""What a compressed text in `studio.sources` may unpack to: 16 MiB, as much as a content file holds."""

MAX_SOURCES_FILES = 10_000
"""Files in `studio.sources`."""

MAX_IGNORE_PATTERNS = 500
"""Patterns in one `.studioignore`."""

MAX_IGNORE_PATTERN = 1_000
"""Characters of one pattern in `.studioignore`."""

MAX_FOLDER_DEPTH = 64
"""Folders inside each other below the content folder; a record needs five."""

MAX_CONTENT_FILES = 500_000
"""Markdown and YAML files below the content folder."""

MAX_ROWS = 1_000_000
"""Rows of one table that a workspace reads."""

MAX_GIT_MEMORY = 4 << 30
"""Memory that git may take, on Linux."""

MAX_GIT_PATHS = 1 << 30
"""Memory that git may take for the paths of one commit, on Linux: a few objects can spell 10,000 million."""

MAX_GIT_OUTPUT = 1 << 30
"""What git may say in one answer."""

MAX_COMMIT_LINES = 10_000
"""Lines in the message of one commit that decide something (`Studio-Delete` and its kin)."""

MAX_YAML_NODES = 100_000
"""Keys and values in one YAML text, those of its lists included."""

MAX_SCHEMA_RULES = 20_000
"""Rules in a schema of the workspace's own, each counted as often as alternatives and `$ref`s lead to it."""

MAX_SCHEMA_CHAIN = 30
"""Rules of an own schema that lead from one to the next for the same value, by `$ref` or `anyOf`."""

MAX_SCHEMA_WORK = 200_000_000
"""Rules of an own schema times values of a file: what checking one file may cost."""

MAX_EXPLAINED = 200_000
"""Keywords of a schema that are looked at to say what is wrong with one file."""

MAX_FINDINGS = 100
"""Faults that are told of one YAML text, or of one file against its schema; mended, they show the others."""

MAX_QUICK_YAML = 200_000
"""Characters of a YAML text that is read in one pass; in a longer one, keys and values are counted first."""

MAX_WORD_DIFF = 400_000
"""Characters of a passage, all its versions together, that are compared and merged word by word."""

MAX_MARKUP = 10_000
"""Brackets, stars, tags and other marks in one paragraph of Markdown whose links and wording are checked."""

MAX_MARKDOWN = 300_000
"""Characters of a Markdown text whose links and wording are checked: a book of 50,000 words."""

MAX_IMPORT_FILES = 100_000
"""Files below a folder that `studio import` reads."""

MAX_IMPORT_TEXT = 256 << 20
"""The pages that one `studio import` reads, all together: 256 MiB."""

MAX_IMPORT_PICTURE = 64 << 20
"""A picture or another file that comes along in an import: 64 MiB."""

MAX_IMPORT_PICTURES = 2 << 30
"""All of those of one import, each counted as often as it is copied: 2,048 MiB."""

MAX_STYLE_FILES = 2_000
"""Files of styles that Vale is given."""

MAX_STYLE_BYTES = 32 << 20
"""All of those files together: 32 MiB."""

MAX_VALE_ANSWER = 64 << 20
"""What Vale says of all texts: 64 MiB."""
