"""The Dagster half of vocabulary."""
