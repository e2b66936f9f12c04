"""What the broker has to do for joining: keep what links need, and bring requests to join."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncpg

from services.members.linking.answering import join
from services.members.linking.standing import Linking, forget_role, wanted
from shared.links.expiry import certificates_check, days_of_certificates
from shared.links.join_transport import Joins, joins_role
from shared.links.joining import Message
from shared.links.reconciler import Reconciling, management_check, reconcile_role
from shared.process import Run
from shared.status import RoleStatus
from shared.telemetry.health import Check
from shared.telemetry.metrics import Amount


@dataclass(frozen=True)
class LinkTasks:
    """The background tasks of links in this process."""

    linking: Linking
    reconciling: Reconciling
    joins: Joins

    @property
    def statuses(self) -> list[RoleStatus]:
        return [self.reconciling.status, self.joins.status]

    @property
    def concerns(self) -> dict[str, Check]:
        """What a person should look at before lower sites notice."""
        told = self.linking.settings
        certificates = certificates_check(told.broker_ca_file, told.links)
        return {"links_account": management_check(self.reconciling), "certificates": certificates}

    async def amounts(self) -> list[Amount]:
        """The days that each certificate has left."""
        told = self.linking.settings
        days = await asyncio.to_thread(days_of_certificates, told.broker_ca_file, told.links)
        return [Amount("certificate_days_left", (name,), left) for name, left in days.items()]

    @property
    def by_name(self) -> dict[str, Run]:
        return {
            "links": lambda stop: reconcile_role(self.reconciling, stop),
            "joins": lambda stop: joins_role(self.joins, stop),
            "invitations": lambda stop: forget_role(self.linking, stop),
        }


def link_tasks(linking: Linking, pool: asyncpg.Pool) -> LinkTasks:
    """From what `main` built; `pool` is that of the tasks."""
    settings, broker_url = linking.settings, linking.settings.broker_url.get_secret_value()
    url = settings.broker_management_url
    account = None if url is None else url.get_secret_value()

    async def answer(site: str, body: bytes, mac: str) -> Message | None:
        return await join(linking, site, body, mac)

    return LinkTasks(
        linking,
        Reconciling(pool, settings.site, broker_url, account, lambda: wanted(linking)),
        Joins(broker_url, answer),
    )
