"""libyaml's event parser in Python, for machines where it could not be compiled."""

from typing import TYPE_CHECKING

from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError

if TYPE_CHECKING:
    from studio_sync.files.yaml_events import Event


class PureParser(Reader, Scanner, Parser):  # type: ignore[misc]
    """PyYAML's own parser, taught to take a tab between two tokens as libyaml does."""

    allow_simple_key: bool

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def get_event(self) -> "Event | None":
        """The next event, None after the last. Raises YAMLError where the text is no YAML."""
        try:
            event: Event | None = Parser.get_event(self)
        except ValueError:
            raise ScannerError(
                None, None, "found invalid Unicode character escape code", self.get_mark()
            ) from None

        return event

    def scan_to_next_token(self) -> None:
        """Skip spaces, comments and line breaks, and tabs where no indentation can be meant."""
        while True:
            while self.peek() == " " or (
                self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)
            ):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in "\0\r\n":
                    self.forward()
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True
