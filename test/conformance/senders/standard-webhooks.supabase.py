"""Prints standard-webhooks.supabase.json: a message signed as https://supabase.com/docs/guides/auth/auth-hooks says."""
import base64
import hashlib
import hmac
import json

KEY = "v1,whsec_YSBob29rIG9mIHN1cGFiYXNlLCBvZiAzMiBieXRlcy4="
ID, TIME = "f5a1ae2c-0cc1-4bf5-9f2a-1f0a9b3ea001", 1776000000
BODY = '{"user":{"id":"1"},"sms":{"otp":"561166"}}'

secret = base64.b64decode(KEY[len("v1,whsec_"):])
mac = hmac.new(secret, f"{ID}.{TIME}.{BODY}".encode(), hashlib.sha256).digest()
print(json.dumps({
    "source": "standard-webhooks.supabase.py",
    "apiKey": KEY,
    "encoding": "whsec",
    "time": TIME,
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/supabase",
        "headers": {
            "Content-Type": "application/json",
            "webhook-id": ID,
            "webhook-timestamp": str(TIME),
            "webhook-signature": "v1," + base64.b64encode(mac).decode(),
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url"]},
}, indent=2, ensure_ascii=False))
