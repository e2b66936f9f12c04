"""The plain page: the figures of a year as tables, every number a link to what it counts."""

from services.reporting.page.brands import brands_page, honours_page
from services.reporting.page.joint import joint_page
from services.reporting.page.lists import Narrowed, list_page
from services.reporting.page.rendering import activities_page, year_page

__all__ = ["Narrowed", "activities_page", "brands_page", "honours_page", "joint_page", "list_page", "year_page"]
