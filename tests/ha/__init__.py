"""Beyond one machine: poolers, and servers that die. No part of the ordinary run: `python -m tests.ha`."""
