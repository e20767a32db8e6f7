"""The board as one self-contained HTML file."""
