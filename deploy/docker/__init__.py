"""The court in containers: what has to be there before the services start."""
