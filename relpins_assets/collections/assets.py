"""The Dagster half of collections."""
