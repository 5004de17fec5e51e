<?php
// Prints woocommerce.json: a message signed as https://developer.woocommerce.com/docs/apis/rest-api/v3/webhooks says.
$key = 'Zr$8_(kQ!p2 vN~@xE^yT&u)w=Lm+9*sD,fG.hJ/aB:c;0';
$body = '{"id":727,"status":"processing","total":"29.35","billing":{"first_name":"Jos\u00e9"}}';

echo json_encode([
    'source' => 'woocommerce.php',
    'options' => ['acknowledgeWeakness' => true],
    'apiKey' => $key,
    'encoding' => 'text',
    'request' => [
        'method' => 'POST',
        'url' => 'https://hooks.example.com/woocommerce',
        'headers' => [
            'Content-Type' => 'application/json',
            'X-WC-Webhook-Topic' => 'order.updated',
            'X-WC-Webhook-ID' => '7',
            'X-WC-Webhook-Delivery-ID' => 'f1e0c3a5b7d94e21',
            'X-WC-Webhook-Signature' => base64_encode(hash_hmac('sha256', $body, $key, true)),
        ],
        'body' => $body,
    ],
    'expected' => [
        'unsigned' => ['method', 'url', 'x-wc-webhook-topic', 'x-wc-webhook-id', 'x-wc-webhook-delivery-id'],
    ],
    // wp_safe_remote_post with a body that is an array sends a form; it is not signed.
    'firstContact' => [[
        'options' => ['handshake' => true],
        'request' => [
            'method' => 'POST',
            'url' => 'https://hooks.example.com/woocommerce',
            'headers' => [
                'Content-Type' => 'application/x-www-form-urlencoded',
                'User-Agent' => 'WooCommerce/9.0.0 Hookshot (WordPress/6.5)',
            ],
            'body' => http_build_query(['webhook_id' => 7]),
        ],
        'answer' => ['status' => 200, 'body' => ''],
    ]],
], JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
