"""The table of commands, in groups by purpose, with aliases from other programs."""

from collections.abc import Mapping

GROUPS: Mapping[str, Mapping[str, str]] = {
    "Begin": {
        "init": "make a workspace",
        "import": "take in lessons that exist as Markdown elsewhere",
        "db": "the database: prepare it, find it, start and stop it",
        "trust": "confirm the host that a target leads to",
        "completion": "make the shell complete what you type",
    },
    "Write": {
        "new": "make a client, a program, a chapter, a session and whatever else there is",
        "copy": "copy a session, a chapter or a program, to translate it for one",
        "mv": "rename, renumber, reorder or move what there is",
        "validate": "check every file",
        "explain": "what an error code means, and the way out",
    },
    "Compare": {
        "status": "what differs between files and database",
        "diff": "how it differs",
        "board": "a page to look at: how far every program has come",
        "serve": "the workspace in a browser on this machine",
        "doctor": "look for what is wrong, and what to do about it",
    },
    "Send and bring": {
        "push": "send what the files changed",
        "pull": "bring what the database changed",
        "watch": "validate and push each file as it is saved",
        "resolve": "settle what both sides changed",
    },
    "Approve": {
        "advance": "write the next status into files",
    },
    "Look and go back": {
        "log": "what was written, when, by whom and why",
        "show": "what one push or pull changed",
        "blame": "who wrote each field and each sentence",
        "restore": "write files as they were",
        "undo": "bring back what a command replaced",
    },
    "For other programs": {
        "editor": "install the extension for VS Code",
        "lsp": "help in the editor",
        "mcp": "help for AI authors, with limits",
        "hook": "what git's hooks call",
        "merge-file": "what git's merges call",
    },
}

COMMANDS: Mapping[str, str] = {name: text for commands in GROUPS.values() for name, text in commands.items()}

_PUSH = "`studio push` sends what the files changed"
_PULL = "`studio pull` brings what the database changed"
_NEXT = "`studio advance` writes the next status into files"
_CHECK = "`studio validate` checks every file"
_BACK = "`studio undo` brings back what a command replaced, `studio restore` writes files as they were"
_NEW = "`studio new session`, `studio new program` and their like make a record"
_GONE = "delete the file or folder; `studio push --delete` then deletes its row"
_SEE = "`studio serve` shows lessons in a browser, as learners see them"
_OPEN_AGAIN = "write an earlier status into the file; `studio push --reopen -m WHY` sends it"
_COPY = "`studio copy` makes a copy, with `--language` one to translate"

SYNONYMS: Mapping[str, str] = {
    "publish": f"{_NEXT}, up to published; {_PUSH}",
    "approve": _NEXT,
    "sync": f"{_PULL}; {_PUSH}",
    "fetch": f"`studio status` shows what differs and changes nothing; {_PULL}",
    "download": _PULL,
    "update": _PULL,
    "upload": _PUSH,
    "deploy": _PUSH,
    "commit": f"`git commit` keeps files; {_PUSH}",
    "save": _PUSH,
    "lint": _CHECK,
    "check": _CHECK,
    "test": _CHECK,
    "rm": _GONE,
    "remove": _GONE,
    "delete": _GONE,
    "add": _NEW,
    "create": _NEW,
    "make": _NEW,
    "rename": "`studio mv` renames, renumbers and moves",
    "move": "`studio mv` renames, renumbers and moves",
    "cp": _COPY,
    "duplicate": _COPY,
    "translate": _COPY,
    "merge": "`studio pull` merges what both sides changed; `studio resolve` settles the rest",
    "revert": _BACK,
    "reset": _BACK,
    "rollback": _BACK,
    "checkout": _BACK,
    "history": "`studio log` shows what was written, when and by whom",
    "ls": "`studio status` shows what differs, `studio board` how far everything has come",
    "list": "`studio status` shows what differs, `studio board` how far everything has come",
    "clone": "`studio init --from TARGET` makes a workspace of a database; `git clone` one of a repository",
    "login": "`studio trust` confirms a host; the address and the password come from the environment",
    "fix": "`studio validate --fix` writes the ids that are missing",
    "preview": _SEE,
    "open": _SEE,
    "view": _SEE,
    "export": _PULL,
    "reopen": _OPEN_AGAIN,
    "unpublish": _OPEN_AGAIN,
    "help": "`studio --help`, or `studio COMMAND --help`",
    "version": "`studio --version`",
}
"""Other programs' names of commands, mapped to ours."""
