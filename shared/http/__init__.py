"""HTTP as every service speaks it: strict requests, problem+json, positions, and no route without a requirement."""
