"""A plug-in for HTTPie that signs what it sends, on the client beside this file (lacre.py). HTTPie 3.

    pip install ./clients/python                        # where HTTPie is installed
    export LACRE_API_KEY=lk1_…                          # and LACRE_HASH, LACRE_SIGNED_HEADERS, as for lacre.sh
    http --auth-type lacre -a APP_ID: POST https://api.example.com/orders item=tea

Without the colon HTTPie asks for the key. The tests of the project run this file: real requests. It does not verify
signed answers (section 11 of docs/protocol.md).
"""
import os

from httpie.plugins import AuthPlugin
from requests.auth import AuthBase

from lacre import LacreAuth, LacreError


class LacrePlugin(AuthPlugin):
    name = "LACRE1"
    auth_type = "lacre"
    description = "Signs the request; -a APP_ID: takes the key from LACRE_API_KEY."
    auth_require = False  # then the AppId is LACRE_APP_ID

    def get_auth(self, username=None, password=None):
        return _Auth(username or os.environ.get("LACRE_APP_ID", ""), password or os.environ.get("LACRE_API_KEY", ""))


class _Auth(AuthBase):
    def __init__(self, app_id, api_key):
        self._credentials = app_id, api_key

    # HTTPie shows an error from here in one line, and one from get_auth as a traceback.
    def __call__(self, prepared):
        app_id, api_key = self._credentials
        if not api_key:
            raise LacreError("no key: set LACRE_API_KEY, or leave out the colon after the AppId and be asked for it")
        # HTTPie hands a file, or a form with files, on as something to read. What is read here is signed and sent.
        if hasattr(prepared.body, "read"):
            prepared.body = prepared.body.read()
        elif not isinstance(prepared.body, (str, bytes, type(None))):
            raise LacreError("--chunked: leave it out, since the content must be known before it is signed")
        sign = LacreAuth(app_id, api_key, os.environ.get("LACRE_HASH", "sha256"),
                         os.environ.get("LACRE_SIGNED_HEADERS", "").split())
        return sign(prepared)
