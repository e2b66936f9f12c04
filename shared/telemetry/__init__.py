"""What a process tells about itself: logs without personal data, measurements, traces."""
