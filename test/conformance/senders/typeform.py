"""Prints typeform.json: a message signed as https://www.typeform.com/developers/webhooks/secure-your-webhooks/ says."""
import base64
import hashlib
import hmac
import json

KEY = "a typeform secret of thirty-seven bytes"
BODY = '{"event_id":"LtWXD3crgy","event_type":"form_response","form_response":{"answers":[{"text":"¿Sí?"}]}}'

mac = hmac.new(KEY.encode(), BODY.encode(), hashlib.sha256).digest()
print(json.dumps({
    "source": "typeform.py",
    "options": {"acknowledgeWeakness": True},
    "apiKey": KEY,
    "encoding": "text",
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/typeform",
        "headers": {
            "Content-Type": "application/json",
            "Typeform-Signature": "sha256=" + base64.b64encode(mac).decode(),
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url"]},
}, indent=2, ensure_ascii=False))
