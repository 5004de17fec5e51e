"""Prints mercado-pago.json: a message signed as https://www.mercadopago.com.br/developers/en/docs/your-integrations/notifications/webhooks says."""
import hashlib
import hmac
import json

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
REQUEST = "2066ca19-c6f1-498a-be75-1923005edd06"
TS = "1704908010"
ID = "999999999"

manifest = "".join("%s:%s;" % pair for pair in [("id", ID), ("request-id", REQUEST), ("ts", TS)])
mac = hmac.new(KEY.encode(), manifest.encode(), hashlib.sha256).hexdigest()
print(json.dumps({
    "source": "mercado-pago.py",
    "options": {"acknowledgeWeakness": True},
    "apiKey": KEY,
    "encoding": "text",
    "time": int(TS[:10]),
    "request": {
        "method": "POST",
        "url": f"https://hooks.example.com/mercado-pago?data.id={ID}&type=payment",
        "headers": {
            "Content-Type": "application/json",
            "X-Request-Id": REQUEST,
            "X-Signature": f"ts={TS},v1={mac}",
        },
        "body": json.dumps({"action": "payment.updated", "type": "payment", "data": {"id": ID}}),
    },
    "expected": {"unsigned": ["method", "url", "content"]},
}, indent=2, ensure_ascii=False))
