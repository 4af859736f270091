"""What a plan names and is given: names, kinds, parameters, saved queries."""
