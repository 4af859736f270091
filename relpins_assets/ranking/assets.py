"""The Dagster half of the ranking."""
