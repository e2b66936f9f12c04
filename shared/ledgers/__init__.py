"""Workbooks as offices keep them: read in a child process, recognised by their headers, taken apart cell by cell."""
