"""Text and YAML to a plan and back: both dialects, their errors, the canonical form."""
