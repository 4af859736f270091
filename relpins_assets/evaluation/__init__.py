"""Offline evaluation: what the catalog knew at T, which pins were saved after it, and how well lists foresee them."""
