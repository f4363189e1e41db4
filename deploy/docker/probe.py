"""The container's health check: asks the process whether it can work."""

import os
import sys
import urllib.request

url = f"http://127.0.0.1:{os.environ['HEALTH_PORT']}{os.environ['HEALTH_PATH']}"
try:
    with urllib.request.urlopen(url, timeout=2) as answer:
        sys.exit(0 if answer.status == 200 else 1)  # noqa: PLR2004 - HTTP's own word for yes
except OSError as error:
    sys.exit(f"{url}: {error}")
