"""The colours, light and dark, and the first rules of every page: the board's and the server's."""

from importlib.resources import files


def theme_css() -> str:
    """The style that the style of each page comes after."""
    return (files("studio_sync.render") / "theme.css").read_text("utf-8")
