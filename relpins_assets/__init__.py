"""The Dagster asset graph: from raw pins to published feeds."""
