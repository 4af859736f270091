"""Random walks over items and the boards they stand on (Pixie, arXiv 1711.07601). Knows arrays, no tables."""
