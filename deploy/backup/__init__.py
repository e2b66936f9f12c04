"""Backup and restore of one court: two files, the databases without their keys and the keys (decision 0008)."""
