<?php
// Prints meta.json: a message signed as https://developers.facebook.com/docs/graph-api/webhooks/getting-started says.
const KEY = "3f1c9a7be2d4468f9d05c6a1b2e3f405";
// Meta writes what is not US-ASCII with escapes, as this does.
$body = json_encode([
    "object" => "whatsapp_business_account",
    "entry" => [["id" => "0", "changes" => [["field" => "messages", "value" => ["text" => "Olá, ½ €"]]]]],
]);
echo json_encode([
    "source" => "meta.php",
    "apiKey" => KEY,
    "encoding" => "text",
    "request" => [
        "method" => "POST",
        "url" => "https://hooks.example.com/meta",
        "headers" => [
            "Content-Type" => "application/json",
            "X-Hub-Signature-256" => "sha256=" . hash_hmac("sha256", $body, KEY),
        ],
        "body" => $body,
    ],
    "expected" => ["unsigned" => ["method", "url"]],
    "firstContact" => [[
        "options" => ["handshake" => ["verifyToken" => "meatyhamhock"]],
        "request" => [
            "method" => "GET",
            "url" => "https://hooks.example.com/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock",
            "headers" => (object) [],
        ],
        "answer" => [
            "status" => 200,
            "headers" => ["Content-Type" => "text/plain; charset=utf-8"],
            "body" => "1158201444",
        ],
    ]],
], JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
