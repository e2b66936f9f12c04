"""`python -m tests.golden` writes the golden files of new stored events and touches no existing one."""

from services.activities import examples as activities
from services.activities.stored_events import CODEC as ACTIVITIES
from services.members import examples as members
from services.members.stored_events import CODEC as MEMBERS
from shared.testing.golden import write_missing

for name in [*write_missing(MEMBERS, members.EXAMPLES), *write_missing(ACTIVITIES, activities.EXAMPLES)]:
    print(name)
