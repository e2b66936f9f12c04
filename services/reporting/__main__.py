"""`python -m services.reporting <role>`."""

from services.reporting.main import run
from shared.process import main
from shared.service import ROLES

main("reporting", ROLES, run)
