"""Reading YAML 1.2 core: a fast parser, and the faults of an invalid text.

Keys are strings, as in JSON: a plain key is its text, so `1: x` has the key "1" and `<<: x` the key "<<".
Aliases are expanded, within limits. Nothing beyond the core schema is accepted: no tags, no directives, no
second document.
"""

from typing import TYPE_CHECKING

from studio_sync.core.values.bounds import MAX_QUICK_YAML
from studio_sync.core.values.value import Value
from studio_sync.files.yaml.faults.fault import TextFault, YamlFault
from studio_sync.files.yaml.parser import plain as yaml_plain
from studio_sync.files.yaml.parser.scalar import UNUSUAL, Unusual

if TYPE_CHECKING:
    from studio_sync.files.yaml.parser.compose import Composer

__all__ = ["TextFault", "YamlFault", "read_yaml", "yaml_faults"]


def read_yaml(text: str) -> Value:
    """The value of `text`, None if it is empty. Raises YamlFault, with all faults, if it has none."""
    found = yaml_plain.read_plain_yaml(text) if len(text) <= MAX_QUICK_YAML else UNUSUAL
    if isinstance(found, Unusual) and len(text) <= MAX_QUICK_YAML:
        from studio_sync.files.yaml.parser.parse import parse_fast

        found = parse_fast(text)
    if not isinstance(found, Unusual):
        return found
    from studio_sync.files.yaml.faults.hints import syntax_fault
    from studio_sync.files.yaml.parser.compose import Composer

    composer = Composer(text, syntax_fault)
    if faults := _faults(text, composer):
        raise YamlFault(faults)
    return composer.root.value if composer.root else None


def yaml_faults(text: str) -> tuple[TextFault, ...]:
    """Every fault of `text`, ordered by place. A syntax error hides the faults after it."""
    from studio_sync.files.yaml.faults.hints import syntax_fault
    from studio_sync.files.yaml.parser.compose import Composer

    return _faults(text, Composer(text, syntax_fault))


def _faults(text: str, composer: "Composer") -> tuple[TextFault, ...]:
    if not composer.faults:
        return ()
    from studio_sync.files.yaml.merge_markers import marker_faults

    return marker_faults(text) or tuple(composer.faults)
