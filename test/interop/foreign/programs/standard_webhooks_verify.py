"""Judges messages with the package standardwebhooks: a list of {secret, body, headers} as JSON on stdin."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError


def judge(message):
    try:
        return Webhook(message["secret"]).verify(message["body"], message["headers"])
    except WebhookVerificationError as error:
        return str(error)


print(json.dumps([judge(message) for message in json.load(sys.stdin)]))
