"""The plain page: the figures of a year as tables, every number a link to what it counts."""

from services.reporting.page.rendering import activities_page, year_page

__all__ = ["activities_page", "year_page"]
