"""The Dagster half of the graph embeddings."""
