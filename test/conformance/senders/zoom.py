"""Prints zoom.json: a message signed as https://developers.zoom.us/docs/api/webhooks/ says."""
import hashlib
import hmac
import json

KEY = "mlsbPjpNQ4Gm5SuMJzHQ_w"
TIME = 1700000000
BODY = json.dumps({"event": "meeting.started", "event_ts": 1699999999123, "payload": {"account_id": "AAAAAABBBB"}})
mac = hmac.new(KEY.encode(), f"v0:{TIME}:{BODY}".encode(), hashlib.sha256).hexdigest()

TOKEN = "qgg8vlvZRS6UYooatFL8Aw"
CHECK = json.dumps({"payload": {"plainToken": TOKEN}, "event_ts": 1654503849680, "event": "endpoint.url_validation"})
check_mac = hmac.new(KEY.encode(), f"v0:{TIME}:{CHECK}".encode(), hashlib.sha256).hexdigest()
encrypted = hmac.new(KEY.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()

print(json.dumps({
    "source": "zoom.py",
    "apiKey": KEY,
    "encoding": "text",
    "time": TIME,
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/zoom",
        "headers": {
            "Content-Type": "application/json",
            "x-zm-request-timestamp": str(TIME),
            "x-zm-signature": f"v0={mac}",
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url"]},
    "firstContact": [{
        "options": {"handshake": True},
        "signed": True,
        "request": {
            "method": "POST",
            "url": "https://hooks.example.com/zoom",
            "headers": {
                "Content-Type": "application/json",
                "x-zm-request-timestamp": str(TIME),
                "x-zm-signature": f"v0={check_mac}",
            },
            "body": CHECK,
        },
        "answer": {
            "status": 200,
            "headers": {"Content-Type": "application/json; charset=utf-8"},
            "body": json.dumps({"plainToken": TOKEN, "encryptedToken": encrypted}, separators=(",", ":")),
        },
    }],
}, indent=2, ensure_ascii=False))
