"""`python -m deploy.docker.healthy`: exit code 0 if the service in this container says that it is ready."""

from __future__ import annotations

import http.client
import os
import sys


def is_ready(port: int) -> bool:
    """Asked without any proxy: container engines put the builder's proxy variables into every container."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_ready(int(os.environ["LIANJIAN_HTTP_PORT"])) else 1)
