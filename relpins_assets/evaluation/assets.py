"""The Dagster half of the evaluation."""
