"""x"""
from typing import Any

from studio_sync.files.yaml_fault import Fault, fault_at


def syntax_fault(text: str, error: Any, shift: int) -> Fault:
    mark = getattr(error, "problem_mark", None)
    return fault_at(text, mark.index + shift if mark else 0, "yaml-syntax", str(error))
