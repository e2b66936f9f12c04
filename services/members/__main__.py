"""`python -m services.members <role>`."""

from services.members.main import run
from shared.process import main
from shared.service import ROLES

main("members", ROLES, run)
