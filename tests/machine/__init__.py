"""Random sequences of everything that can happen, against an oracle that knows only who wrote what."""
