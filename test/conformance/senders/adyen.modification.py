"""Prints adyen.modification.json: a message signed as https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures says."""
import base64
import hashlib
import hmac
import json

KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
item = {
    "additionalData": {"bookingDate": "2024-01-10T17:33:30Z"},
    "amount": {"currency": "EUR", "value": 1130},
    "eventCode": "CAPTURE",
    "merchantAccountCode": "TestMerchant",
    "merchantReference": "INV:42:a\\b é",
    "originalReference": "8313547924770610",
    "pspReference": "8412534564722331",
    "success": "false",
    "reason": "not signed",
}

signed = [item[name] for name in ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")]
signed += [str(item["amount"]["value"]), item["amount"]["currency"], item["eventCode"], item["success"]]
mac = hmac.new(bytes.fromhex(KEY), ":".join(signed).encode(), hashlib.sha256).digest()
item["additionalData"]["hmacSignature"] = base64.b64encode(mac).decode()
print(json.dumps({
    "source": "adyen.modification.py",
    "options": {"acknowledgeWeakness": True},
    "apiKey": KEY,
    "encoding": "hex",
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/adyen",
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}),
    },
    "expected": {
        "unsigned": ["method", "url", "content"],
        "signedTexts": ["8412534564722331", "8313547924770610", "TestMerchant", "INV:42", "1130", "EUR", "CAPTURE"],
    },
}, indent=2, ensure_ascii=False))
