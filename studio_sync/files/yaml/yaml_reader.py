"""Reading YAML 1.2 core: a fast parser, and the faults of an invalid text.

Keys are strings, as in JSON: a plain key is its text, so `1: x` has the key "1" and `<<: x` the key "<<".
Aliases are expanded, within limits. Nothing beyond the core schema is accepted: no tags, no directives, no
second document.
"""

from studio_sync.core.values.bounds import MAX_QUICK_YAML
from studio_sync.core.values.value import Value
from studio_sync.files.yaml.faults.fault import TextFault, YamlFault
from studio_sync.files.yaml.parser import plain as yaml_plain
from studio_sync.files.yaml.parser.scalar import UNUSUAL, Unusual

__all__ = ["TextFault", "YamlFault", "read_yaml"]


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
    if not composer.faults:
        return composer.root.value if composer.root else None
    from studio_sync.files.yaml.merge_markers import marker_faults

    raise YamlFault(marker_faults(text) or tuple(composer.faults))
