"""The table of commands, in groups by purpose, with aliases from other programs."""

from collections.abc import Mapping

GROUPS: Mapping[str, Mapping[str, str]] = {
    "Set up": {
        "init": "create a workspace",
        "import": "import lessons from other Markdown tools",
        "db": "manage databases: prepare, grant access, start, stop",
        "trust": "trust the host of a target",
        "completion": "print a script for shell completion",
    },
    "Write": {
        "new": "create a client, program, chapter, session or other record",
        "copy": "copy a session, chapter or program, for example to translate it",
        "mv": "rename, renumber, reorder or move a record",
        "validate": "check all files",
        "explain": "explain an error code",
    },
    "Compare": {
        "status": "list records that differ between files and database",
        "diff": "show the differences",
        "board": "write an HTML page that shows the progress of every program",
        "serve": "show the workspace in a browser on this machine",
        "doctor": "check the workspace, the connection and the database",
    },
    "Sync": {
        "push": "write local changes to the database",
        "pull": "write changes from the database into the files",
        "watch": "validate and push each file when it is saved",
        "resolve": "resolve conflicts",
    },
    "Approve": {
        "advance": "set the next status in files",
    },
    "History": {
        "log": "show the history: when, who and why",
        "show": "show what one push or pull changed",
        "blame": "show who wrote each field and each sentence",
        "restore": "restore older versions of files",
        "undo": "undo what a command replaced",
    },
    "For editors, agents and git": {
        "editor": "install the extension for VS Code",
        "lsp": "run a language server for editors",
        "mcp": "run a Model Context Protocol server for AI authors",
        "hook": "run a git hook",
        "merge-file": "merge three versions of a file for git",
    },
}

COMMANDS: Mapping[str, str] = {name: text for commands in GROUPS.values() for name, text in commands.items()}

_PUSH = "`studio push` writes your changes to the database"
_PULL = "`studio pull` writes changes from the database into the files"
_NEXT = "`studio advance` sets the next status in files"
_CHECK = "`studio validate` checks all files"
_BACK = "`studio undo` undoes what a command replaced, `studio restore` restores older versions of files"
_NEW = "`studio new session`, `studio new program` and so on create a record"
_GONE = "delete the file or folder; `studio push --delete` then deletes its row"
_SEE = "`studio serve` shows lessons in a browser, as learners see them"
_OPEN_AGAIN = "write an earlier status into the file, then `studio push --reopen -m WHY`"
_COPY = "`studio copy` copies a record, with `--language` for a translation"

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
    "merge": "`studio pull` merges changes of both sides; `studio resolve` resolves conflicts",
    "revert": _BACK,
    "reset": _BACK,
    "rollback": _BACK,
    "checkout": _BACK,
    "history": "`studio log` shows when, who and why",
    "ls": "`studio status` lists what differs, `studio board` shows the progress of every program",
    "list": "`studio status` lists what differs, `studio board` shows the progress of every program",
    "clone": "`studio init --from TARGET` creates a workspace from a database, `git clone` from a repository",
    "login": "`studio trust` trusts a host; URL and password come from the environment",
    "fix": "`studio validate --fix` writes missing ids",
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
