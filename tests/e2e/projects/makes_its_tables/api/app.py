import http.server
import os

from models import metadata
from sqlalchemy import create_engine

metadata.create_all(create_engine(os.environ["DATABASE_URL"]))


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")


http.server.ThreadingHTTPServer(("", 8000), Answer).serve_forever()
