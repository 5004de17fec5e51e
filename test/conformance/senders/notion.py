"""Prints notion.json: a message signed as https://developers.notion.com/reference/webhooks says."""
import hashlib
import hmac
import json

KEY = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
BODY = json.dumps({"id": "367cba44-b6f3-4c92-81e7-6a2e9659efd4", "timestamp": "2024-12-05T23:55:34.285Z",
                   "type": "page.created", "attempt_number": 1})
mac = hmac.new(KEY.encode(), BODY.encode(), hashlib.sha256).hexdigest()

print(json.dumps({
    "source": "notion.py",
    "apiKey": KEY,
    "encoding": "text",
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/notion",
        "headers": {
            "Content-Type": "application/json",
            "X-Notion-Signature": f"sha256={mac}",
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url"]},
}, indent=2, ensure_ascii=False))
