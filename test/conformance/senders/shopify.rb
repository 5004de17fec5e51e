# Prints shopify.json: a message signed as https://shopify.dev/docs/apps/build/webhooks/verify-deliveries says.
require "base64"
require "json"
require "openssl"

KEY = "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"
BODY = '{"id":820982911946154508,"note":"Café \u0026 Co \/ x","line_items":[],"total":"10.00"}'
mac = Base64.strict_encode64(OpenSSL::HMAC.digest("SHA256", KEY, BODY))

puts JSON.pretty_generate(
  source: "shopify.rb",
  apiKey: KEY,
  encoding: "text",
  request: {
    method: "POST",
    url: "https://hooks.example.com/shopify",
    headers: {
      "Content-Type" => "application/json",
      "X-Shopify-Topic" => "orders/create",
      "X-Shopify-Hmac-SHA256" => mac,
      "X-Shopify-Shop-Domain" => "example.myshopify.com",
      "X-Shopify-Webhook-Id" => "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    },
    body: BODY,
  },
  expected: {
    unsigned: ["method", "url", "x-shopify-topic", "x-shopify-shop-domain", "x-shopify-webhook-id"],
  },
)
