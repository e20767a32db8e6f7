"""The pages of the server, from their templates. What a text says is escaped; HTML comes from one place."""

from functools import cache
from importlib.resources import files
from typing import Any

from studio_sync.core.values.escapes import safe
from studio_sync.render.theme import theme_css

STATIC = {
    "serve.css": "text/css",
    "serve.js": "text/javascript",
    "live.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""The files that pages fetch, and what they are."""


def render_page(template: str, /, **values: Any) -> str:
    """The page of a template. Raises jinja2.UndefinedError for a value that is missing."""
    found: str = _environment().get_template(template).render(**values)
    return found


def static(name: str) -> bytes:
    """A file that pages fetch; the style of all begins with the theme."""
    own = (files("studio_sync.serve.pages") / name).read_bytes()
    return theme_css().encode() + own if name == "serve.css" else own


@cache
def _environment() -> Any:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return safe(value, keep="\n\t") if type(value) is str else value

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=shown,
        loader=FunctionLoader(lambda name: static(name).decode()),
    )
    # Only what serve/markdown.py made, where nothing of a text acts.
    environment.filters["trusted"] = Markup
    return environment
