"""YAML 1.2 core: read with positions, and written in one settled style."""
