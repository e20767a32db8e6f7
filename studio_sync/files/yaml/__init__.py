"""YAML 1.2 core: parsing with positions, writing in one canonical style, splicing, faults."""
