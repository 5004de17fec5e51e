"""Prints workos.json: a message signed as https://workos.com/docs/events/data-syncing/webhooks says."""
import hashlib
import hmac
import json

KEY = "d6nT3xQ9wL2vK8rB5mH1cY7pZ4"
TIME = 1700000000
MILLISECONDS = f"{TIME}257"
BODY = json.dumps({"id": "wh_123", "event": "dsync.user.created", "data": {"first_name": "Zoë"}}, ensure_ascii=False)
mac = hmac.new(KEY.encode(), f"{MILLISECONDS}.{BODY}".encode(), hashlib.sha256).hexdigest()

print(json.dumps({
    "source": "workos.py",
    "apiKey": KEY,
    "encoding": "text",
    "time": TIME,
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/workos",
        "headers": {
            "Content-Type": "application/json",
            "WorkOS-Signature": f"t={MILLISECONDS}, v1={mac}",
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url"]},
}, indent=2, ensure_ascii=False))
