"""Links between sites: joining, sending up, receiving from below (design §7)."""
