"""The token of a row's version in a conflict, which a decision names to prove what it is based on."""

from hashlib import blake2b

from studio_sync.core.plan.reconcile import Delta

_SIZE = 12


def version_token(delta: Delta) -> str:
    """The token of the row's version: of its place and all of its fields; also for a deleted row."""
    hashed = blake2b(delta.rid.encode(), digest_size=_SIZE)
    if delta.remote is not None:
        for part in (delta.remote.parent.encode(), delta.remote.slot.encode(), delta.remote.digests):
            hashed.update(b"\0" + part)
    return hashed.hexdigest()
