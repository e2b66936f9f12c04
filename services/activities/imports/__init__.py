"""三会一课记录 and 主题党日台账 into activities."""
