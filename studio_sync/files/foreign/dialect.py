"""The dialects of foreign trees: where their pages are, and what their keys and syntax mean.

From their public documentation: Hugo (front matter, page bundles, ref and relref), Jekyll with Just the Docs
(front matter, posts, collections, link and post_url), Docusaurus (docs front matter, category files, MDX),
Obsidian (properties, internal links, embeds, callouts), and folders that are numbered by hand.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from studio_sync.errors import UsageError

TITLE, ORDER, PARENT, NAME, IGNORE, REPORT = "title", "order", "parent", "name", "ignore", "report"
"""Where a key may go beside the fields: the heading of whatever the page becomes, its place among others, the
title of what it is in, a name that links use, nowhere, and into the report."""

_SUMMARY = "session.hook, chapter.subtitle"
_MINUTES = "session.estimated_minutes"
_GOALS = "session.learning_objectives"
_GAIN = "session.wiifm"
_SOURCES = "article.sources"

_COMMON = {
    "title": TITLE,
    **dict.fromkeys(("description", "summary", "subtitle"), _SUMMARY),
    **dict.fromkeys(("duration", "minutes", "time", "reading_time", "estimated_minutes"), _MINUTES),
    **dict.fromkeys(("objectives", "learning_objectives", "goals"), _GOALS),
    "wiifm": _GAIN,
    **dict.fromkeys(("sources", "references"), _SOURCES),
    **dict.fromkeys(("order", "weight", "position"), ORDER),
    **dict.fromkeys(("slug", "aliases"), NAME),
    **dict.fromkeys(("draft", "layout"), IGNORE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A dialect.

    `marks`: names in the top folder, one of which identifies it. Pages are in the first existing folder of
    `roots`. `leave_out`: top folders without content. `indexes`: names, in lower case, of a folder's index
    page; `leaf`: of a page with the folder as its own. `statics`: folders that root-relative URLs refer to.
    `keys`: where each key goes. `constructs`: special syntax in texts, by its name for people; group 1 is its
    own name. `refs`: syntax that stands for a URL; `sources`: syntax that contains one, as group 1. `fenced`:
    a file without front matter is no page. `languages`: `name.de.md` is a page in German. `no_zero`: a weight
    of 0 means none. `wikilinks`: [[name]] is a link. `by_name`: links name a picture by its name alone.
    """

    name: str
    marks: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    leave_out: Collection[str] = ()
    indexes: Collection[str] = ("index", "readme")
    leaf: str = ""
    statics: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=lambda: _COMMON)
    constructs: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    refs: tuple[re.Pattern[str], ...] = ()
    sources: tuple[re.Pattern[str], ...] = ()
    fenced: bool = False
    languages: bool = False
    no_zero: bool = False
    wikilinks: bool = False
    by_name: bool = False


_HTML_TOP = ("_site", "vendor", "_layouts", "_includes", "_sass", "_data", "_plugins")

_SITES = (
    Dialect(
        name="hugo",
        marks=(
            "hugo.toml",
            "hugo.yaml",
            "hugo.json",
            "config.toml",
            "config.yaml",
            "_index.md",
            "archetypes",
            "layouts",
        ),
        roots=("content/en", "content"),
        leave_out=("public", "resources", "themes", "layouts", "archetypes", "_vendor"),
        indexes=("_index",),
        leaf="index",
        statics=("static", "assets"),
        keys=_COMMON | {"linkTitle": IGNORE, "type": IGNORE, "date": IGNORE, "lastmod": IGNORE, "url": NAME},
        constructs={
            "shortcode": re.compile(r"\{\{[<%]-?\s*([\w.][\w/.-]{0,99})"),
            "summary divider": re.compile(r"(<!--\s*more\s*-->)"),
        },
        refs=(re.compile(r"\{\{[<%]-?\s*(?:rel)?ref\s+[\"'`]([^\"'`\n]{1,400})[\"'`][^{}\n]{0,99}[>%]\}\}"),),
        sources=(re.compile(r"\{\{[<%]\s*figure\s[^{}]{0,400}?\bsrc=[\"']([^\"'\n]{1,400})[\"']"),),
        languages=True,
        no_zero=True,
    ),
    Dialect(
        name="jekyll",
        marks=("_config.yml", "_config.yaml", "_config.toml", "_posts"),
        roots=("",),
        leave_out=_HTML_TOP,
        keys=_COMMON
        | {
            "permalink": NAME,
            "redirect_from": NAME,
            "nav_order": ORDER,
            "parent": PARENT,
            "has_children": IGNORE,
            "date": IGNORE,
            "published": IGNORE,
            "excerpt": _SUMMARY,
        },
        constructs={
            "Liquid tag": re.compile(r"\{%-?\s*(?!end)(\w{1,60})"),
            "Liquid value": re.compile(r"\{\{-?\s*([\w.\"'][^{}\n]{0,99}?)\s*-?\}\}"),
            "kramdown attribute": re.compile(r"(\{:[^{}\n]{1,99}\})"),
        },
        refs=(
            re.compile(r"\{\{-?\s*site\.(?:base)?url\s*-?\}\}(/[^\s()\"'<>{}]{0,400})"),
            re.compile(r"\{%-?\s*(?:link|post_url)\s+([^%\s]{1,400})\s*-?%\}"),
            re.compile(r"\{\{-?\s*[\"']([^\"'\n]{1,400})[\"']\s*\|\s*(?:relative|absolute)_url\s*-?\}\}"),
        ),
        fenced=True,
    ),
    Dialect(
        name="docusaurus",
        marks=(
            "docusaurus.config.js",
            "docusaurus.config.ts",
            "docusaurus.config.mjs",
            "sidebars.js",
            "sidebars.ts",
        ),
        roots=("docs",),
        leave_out=("build", "src"),
        statics=("static",),
        keys=_COMMON
        | {
            "id": NAME,
            "sidebar_position": ORDER,
            "sidebar_label": IGNORE,
            "pagination_label": IGNORE,
            "hide_title": IGNORE,
            "hide_table_of_contents": IGNORE,
            "displayed_sidebar": IGNORE,
            "unlisted": IGNORE,
        },
        constructs={
            "line of MDX": re.compile(r"^((?:import|export)\s[^\n]{1,99})", re.MULTILINE),
            "component": re.compile(r"<([A-Z][\w.]{0,60})"),
            "admonition": re.compile(r"^[ \t>]*:::+[ \t]*(\w{1,40})", re.MULTILINE),
            "MDX comment": re.compile(r"(\{/\*)"),
        },
        sources=(re.compile(r"\brequire\([\"']([^\"'\n]{1,400})[\"']\)"),),
    ),
    Dialect(
        name="obsidian",
        marks=(".obsidian",),
        keys=_COMMON | {"cssclasses": IGNORE, "cssclass": IGNORE, "created": IGNORE, "modified": IGNORE},
        constructs={
            "callout": re.compile(r"^[ \t]*>[ \t]*\[!([\w-]{1,40})\]", re.MULTILINE),
            "comment": re.compile(r"(%%)(?:[^%]|%(?!%))*%%"),
            "block name": re.compile(r"[ \t](\^[\w-]{1,60})[ \t]*$", re.MULTILINE),
            "inline field": re.compile(r"(?:^|[\[(])([\w -]{1,40})::[ \t]", re.MULTILINE),
        },
        wikilinks=True,
        by_name=True,
    ),
)

DIALECTS = (
    *_SITES,
    Dialect(
        name="folders",
        leave_out=("_site",),
        indexes=("_index", "index", "readme"),
        keys={key: field for dialect in reversed(_SITES) for key, field in dialect.keys.items()},
        wikilinks=True,
    ),
)

PAGE_SUFFIXES = (".md", ".markdown", ".mdx")
"""The suffixes of pages."""


def dialect_of(names: Collection[str]) -> Dialect:
    """The dialect of a tree whose top folder contains `names`."""
    known = (d for d in DIALECTS if any(mark in names for mark in d.marks))
    return next(known, DIALECTS[-1])


def named(name: str) -> Dialect:
    """The dialect with this name. Raises UsageError."""
    for dialect in DIALECTS:
        if dialect.name == name:
            return dialect
    known = ", ".join(d.name for d in DIALECTS)
    raise UsageError(f"there is no kind of tree called {name}", f"known are: {known}")
