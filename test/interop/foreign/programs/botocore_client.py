"""Signs requests with botocore and sends them: one JSON object a line in, status and content out."""

import json
import sys
import urllib.error
import urllib.request

import botocore
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHS = {
    "header": SigV4Auth,
    "query": SigV4QueryAuth,
    "s3-header": S3SigV4Auth,
    "s3-query": S3SigV4QueryAuth,
}


def main():
    setting = json.loads(sys.argv[1])
    credentials = Credentials(setting["appId"], setting["secret"], setting.get("token"))
    for line in sys.stdin:
        case = json.loads(line)
        body = case.get("body")
        request = AWSRequest(
            method=case["method"],
            url=case["url"],
            headers=case.get("headers", {}),
            data=None if body is None else body.encode(),
        )
        auth = AUTHS[case["auth"]]
        expires = {"expires": case["expires"]} if "expires" in case else {}
        auth(credentials, setting["service"], setting["region"], **expires).add_auth(request)
        sent = urllib.request.Request(
            case.get("sent", request.url),
            data=request.data or None,
            headers=dict(request.headers.items()),
            method=case["method"],
        )
        try:
            with urllib.request.urlopen(sent) as answer:
                print(json.dumps([answer.status, answer.read().decode()]))
        except urllib.error.HTTPError as error:
            print(json.dumps([error.code, error.read().decode()]))


if len(sys.argv) > 1:
    main()
else:
    print(botocore.__version__)
