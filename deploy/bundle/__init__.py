"""One folder from which a court runs on a machine without a network."""
