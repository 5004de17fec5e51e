# Prints hubspot.get.json: a request of an extension, without content, signed as
# https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation says.
require "base64"
require "json"
require "openssl"

KEY = "7d4f1a90-3c5e-4b2d-9f60-a1b2c3d4e5f6"
TIME = 1_700_000_000
URL = "https://hooks.example.com/hubspot?portalId=62515&userEmail=bob%2Bx%26y"
text = "GET#{URL}#{TIME}789"

puts JSON.pretty_generate(
  source: "hubspot.get.rb",
  apiKey: KEY,
  encoding: "text",
  time: TIME,
  request: {
    method: "GET",
    url: URL,
    headers: {
      "X-HubSpot-Request-Timestamp" => "#{TIME}789",
      "X-HubSpot-Signature-v3" => Base64.strict_encode64(OpenSSL::HMAC.digest("SHA256", KEY, text)),
    },
  },
  expected: { unsigned: [] },
)
