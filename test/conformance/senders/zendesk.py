"""Prints zendesk.json: a message signed as https://developer.zendesk.com/documentation/webhooks/verifying/ says."""
import base64
import hashlib
import hmac
import json

KEY = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # the page's, which is for tests, used as it stands
AT, SECOND = "2021-03-25T05:09:27Z", 1616648967
BODY = '{"ticket":{"id":35436,"subject":"Crème brûlée"}}'

mac = hmac.new(KEY.encode(), (AT + BODY).encode(), hashlib.sha256).digest()
print(json.dumps({
    "source": "zendesk.py",
    "apiKey": KEY,
    "encoding": "text",
    "time": SECOND,
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/zendesk",
        "headers": {
            "Content-Type": "application/json",
            "X-Zendesk-Webhook-Id": "01F1KRFQ6BCV6ZX1YY8RHVMCKV",
            "X-Zendesk-Webhook-Signature": base64.b64encode(mac).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": AT,
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url", "x-zendesk-webhook-id"]},
}, indent=2, ensure_ascii=False))
