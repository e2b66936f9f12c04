"""The small site of the messaging tests, for a service that comes back with less, more or another log."""

from tests.integration.messaging.conftest import broker_url, site, source, target

__all__ = ["broker_url", "site", "source", "target"]
