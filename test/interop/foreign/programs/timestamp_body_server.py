"""The other side of timestamp_body_client.py: a Flask service that checks the two headers, and nothing more.

SHARED_KEY=… python3 timestamp_body_server.py     prints its port, and serves until it is killed
"""
import hashlib
import hmac
import os

from flask import Flask, jsonify, request
from werkzeug.serving import make_server

KEY = os.environ["SHARED_KEY"].encode("utf-8")
app = Flask(__name__)


@app.route("/api", methods=["POST"])
def api():
    body = request.data.decode("utf-8")
    timestamp = request.headers.get("x-hmac-timestamp")
    signature = request.headers.get("x-hmac-sha256")
    if not timestamp or not signature:
        return jsonify(error="HMAC headers are missing"), 400
    expected = hmac.new(KEY, f"{body}{timestamp}".encode("utf-8"), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        return jsonify(error="wrong signature"), 403
    return jsonify(message="right signature")


server = make_server("127.0.0.1", 0, app)
print(server.server_port, flush=True)
server.serve_forever()
