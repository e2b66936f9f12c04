"""After a restore: a service compares its log with its own reporting's journal and fills it up again (design §7)."""
