"""Prints linear.json: a message signed as https://linear.app/developers/webhooks says."""
import hashlib
import hmac
import json

KEY = "lin_wh_R8tQx2vB6nK4mW9zL1cY7pD3sF5gH0jA"
TIME = 1700000000
BODY = json.dumps({"action": "create", "type": "Issue", "data": {"id": "2174add1", "title": "Über"},
                   "webhookTimestamp": TIME * 1000 + 508, "webhookId": "000042e3"}, ensure_ascii=False)
mac = hmac.new(KEY.encode(), BODY.encode(), hashlib.sha256).hexdigest()

print(json.dumps({
    "source": "linear.py",
    "apiKey": KEY,
    "encoding": "text",
    "time": TIME,
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/linear",
        "headers": {
            "Content-Type": "application/json",
            "Linear-Delivery": "234d1a4e-b617-4388-90fe-adc3633d6b72",
            "Linear-Event": "Issue",
            "Linear-Signature": mac,
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url", "linear-delivery", "linear-event"]},
}, indent=2, ensure_ascii=False))
