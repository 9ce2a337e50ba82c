"""Serve the page and tell it where the API is."""

import json
import os
import signal
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = 4444
STATIC = Path(__file__).parent / "static"
API_URL = os.environ.get("API_URL", "http://localhost:8000")


class PageHandler(SimpleHTTPRequestHandler):
    """Static files, and one generated file: /config.json."""

    def do_GET(self) -> None:
        """Answer with the settings or with a file."""
        if self.path == "/config.json":
            self.send_config()
        else:
            super().do_GET()

    def send_config(self) -> None:
        """Answer with what the environment sets, for the page's script."""
        body = json.dumps({"apiUrl": API_URL}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    # Process 1 of a container ignores signals for which it has no handler.
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: sys.exit(0))
    handler = partial(PageHandler, directory=str(STATIC))
    with ThreadingHTTPServer(("", PORT), handler) as server:
        print(f"serving on port {PORT}, API at {API_URL}")
        server.serve_forever()


if __name__ == "__main__":
    main()
