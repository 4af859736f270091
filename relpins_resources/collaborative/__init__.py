"""Models that learn from saves alone: who saved what, without a look at pictures or words."""
