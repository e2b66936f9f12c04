"""`python -m services.activities <role>`."""

from services.activities.main import run
from shared.process import main
from shared.service import ROLES

main("activities", ROLES, run)
