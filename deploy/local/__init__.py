"""Private PostgreSQL and RabbitMQ instances, and the processes of one court on one machine."""

from deploy.local.for_tests import TestEngines, engines_for_tests
from deploy.local.problems import CannotRun

__all__ = ["CannotRun", "TestEngines", "engines_for_tests"]
