"""The Dagster half of assignment."""
