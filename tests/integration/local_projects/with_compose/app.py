"""Answers on a port: its health, its OpenAPI document, and how many rows a table has."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from sqlalchemy import create_engine, text

ENGINE = create_engine(os.environ["DATABASE_URL"])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.answer({"status": "ok"})
        elif self.path == "/openapi.json":
            self.answer({"openapi": "3.0.0", "paths": {"/email-logs": {"get": {}}, "/users": {"get": {}}}})
        else:
            with ENGINE.connect() as connection:
                table = self.path.strip("/").replace("-", "_")
                self.answer(connection.execute(text("SELECT count(*) FROM " + table)).scalar())

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
