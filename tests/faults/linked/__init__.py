"""Two linked sites under faults: cables, brokers, databases, processes; and bugs planted to prove the checker."""
