<?php
/**
 * A client for LACRE1 (docs/protocol.md) in one file, on PHP's standard library: streams and hash. PHP 8.0 or newer;
 * for https the openssl extension.
 *
 *     $client = new Lacre\Client($appId, $apiKey);                    // or new Lacre\Client($appId, $apiKey, 'sha512')
 *     $answer = $client->request('POST', 'https://api.example.com/orders',
 *         [['Content-Type', 'application/json']], '{"item":"tea"}');
 *     echo $answer->status, $answer->content;
 *     $client->verifyResponse($answer->requestSignature, $answer->status, $answer->headers, $answer->content);
 *
 * The last line is for servers that sign their answers. The tests of the project run this file: every case of
 * docs/vectors/lacre1.json, and real requests.
 */
declare(strict_types=1);

namespace Lacre;

/** A request that no server would accept, or an answer that is not what the server signed. */
final class LacreError extends \InvalidArgumentException
{
}

/** What sign() gives: send `headers`, all of them, and nothing changed. */
final class Signed
{
    /**
     * @param list<array{string, string}> $headers the caller's, Content-Digest and Authorization; PHP sends Host itself
     * @param string $signature verifyResponse() asks for it
     */
    public function __construct(
        public array $headers,
        public string $authorization,
        public string $signature,
        public string $canonicalRequest,
    ) {
    }
}

final class Answer
{
    /** @param list<array{string, string}> $headers one pair for each line received */
    public function __construct(
        public int $status,
        public array $headers,
        public string $content,
        public string $requestSignature,
    ) {
    }
}

/** Signs for one app. Keeps nothing between two requests. */
final class Client
{
    // `\z` where others write `$`, which in PHP lets a line feed pass.
    private const APP_ID = '/\A[A-Za-z0-9._~-]{1,128}\z/';
    private const API_KEY = '/\Alk1_([A-Za-z0-9_-]{43})\z/';
    private const NONCE = '/\A[A-Za-z0-9_-]{16,128}\z/';
    private const TIMESTAMP = '/\A[1-9][0-9]{9}\z/';
    private const METHOD = '/\A(?!(?:CONNECT|TRACE)\z)[A-Z-]{1,32}\z/';
    private const TARGET = '/\A\/[\x21\x22\x24-\x7e]{0,8191}\z/';
    private const HOST = '/\A(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\z/';
    private const NAME = '/\A[A-Za-z][A-Za-z0-9-]{0,63}\z/';
    private const PRINTABLE = '/\A[\x20-\x7e]*\z/';
    /** A query parameter whose decoded name begins with "lacre-" (section 12). */
    private const LACRE_PARAMETER =
        '/\A[^?]*\?(?:.*&)?(?:l|%[46]c)(?:a|%[46]1)(?:c|%[46]3)(?:r|%[57]2)(?:e|%[46]5)(?:-|%2d)/i';
    /** The path and query of a URL stay byte for byte. */
    private const URL = '/\A(https?):\/\/([^\/?#]+)([^#]*)/i';

    /** Section 4: proxies change these, so they travel unsigned; so does every proxy-… and x-forwarded-…. */
    private const UNSIGNABLE = '/\A(?:connection|cookie|expect|forwarded|keep-alive|te|trailer|upgrade|via'
        . '|proxy-.*|x-forwarded-.*)\z/';
    /** What this client sets itself, so that there is never a second line. */
    private const OURS = ['authorization', 'content-length', 'host', 'transfer-encoding'];
    /** Section 11: signed whenever the response carries them. */
    private const RESPONSE_MINIMUM = ['content-type', 'content-encoding', 'location', 'retry-after', 'lacre-clock'];

    private string $key;
    private string $algorithm;

    /** @param string $hash sha256, sha384 or sha512 */
    public function __construct(
        private string $appId,
        #[\SensitiveParameter] string $apiKey,
        private string $hash = 'sha256',
    ) {
        self::check(preg_match(self::APP_ID, $appId), 'appId: 1 to 128 letters, digits and - _ . ~');
        self::check(in_array($hash, ['sha256', 'sha384', 'sha512'], true), 'hash: sha256, sha384 or sha512');
        $this->key = self::readApiKey($apiKey);
        $this->algorithm = 'LACRE1-HMAC-' . strtoupper($hash);
    }

    /** Keeps the key out of var_dump(), and out of what dumps variables in an error page. */
    public function __debugInfo(): array
    {
        return ['appId' => $this->appId, 'algorithm' => $this->algorithm];
    }

    /**
     * Signs a request in the form in which it will be sent. Every call is a new attempt with a time and a nonce of its
     * own; only tests give them.
     *
     * @param string $target path and query, byte for byte
     * @param list<array{string, string}> $headers all are signed, but those that section 4 forbids
     */
    public function sign(
        string $method,
        string $scheme,
        string $host,
        string $target,
        array $headers = [],
        string $content = '',
        ?int $timestamp = null,
        ?string $nonce = null,
    ): Signed {
        $timestamp ??= time();
        $nonce ??= self::base64url(random_bytes(16));
        self::check(preg_match(self::METHOD, $method), 'method: capitals only, neither CONNECT nor TRACE');
        self::check(
            preg_match(self::TARGET, $target),
            'target: begins with /, printable ASCII without # and spaces, at most 8192 characters',
        );
        self::check(
            preg_match(self::LACRE_PARAMETER, $target) === 0,
            'target: a query parameter may not begin with lacre-',
        );
        self::check(preg_match(self::HOST, $host), 'host: a name or an address, with or without a port');
        self::check(
            preg_match(self::NONCE, $nonce) && preg_match(self::TIMESTAMP, (string) $timestamp),
            'nonce or timestamp: outside its grammar',
        );

        $lines = [];
        $values = [];
        foreach ($headers as [$name, $value]) {
            $lower = strtolower($name);
            $value = trim($value, " \t");
            self::check(!in_array($lower, self::OURS, true), "$name: set by this client, so leave it out");
            self::check(
                preg_match(self::NAME, $name),
                'header name: at most 64 letters, digits and hyphens, a letter first',
            );
            self::check(!isset($values[$lower]), "$name: set twice");
            self::check(preg_match(self::PRINTABLE, $value), "$name: only printable ASCII can be signed");
            $values[$lower] = $value;
            $lines[] = [$name, $value];
        }
        if (isset($values['content-digest'])) {
            self::check(
                in_array($values['content-digest'], self::digests($content), true),
                'Content-Digest: not the sha-256 or sha-512 of the content',
            );
        } elseif ($content !== '') {
            $values['content-digest'] = self::digests($content)[0];
            $lines[] = ['Content-Digest', $values['content-digest']];
        }
        $values['host'] = self::withoutDefaultPort($scheme, $host);

        $names = preg_grep(self::UNSIGNABLE, array_keys($values), PREG_GREP_INVERT);
        sort($names, SORT_STRING);
        self::check(count($names) <= 32, 'headers: at most 32 can be signed, host and Content-Digest among them');
        $list = implode(';', $names);
        $text = implode("\n", [
            $this->algorithm, $this->appId, $timestamp, $nonce, $method, $target,
            ...array_map(fn (string $name) => "$name:$values[$name]", $names),
            '', $list,
        ]);
        $signature = $this->mac($text);
        $authorization = "$this->algorithm Credential=$this->appId, Timestamp=$timestamp, Nonce=$nonce, "
            . "SignedHeaders=$list, Signature=$signature";
        $lines[] = ['Authorization', $authorization];
        return new Signed($lines, $authorization, $signature, $text);
    }

    /**
     * Sends one signed request with PHP's http stream. Follows no redirect and never sends anything a second time.
     *
     * @param list<array{string, string}> $headers
     * @throws \RuntimeException when there is no answer
     */
    public function request(string $method, string $url, array $headers = [], string $content = ''): Answer
    {
        self::check(preg_match(self::URL, $url, $parts), 'url: begins with http:// or https:// and a host');
        [, $scheme, $host, $target] = $parts;
        if (!str_starts_with($target, '/')) {
            $target = "/$target";
        }
        $names = array_map(fn (array $header) => strtolower($header[0]), $headers);
        if ($content !== '' && !in_array('content-type', $names, true)) {
            $headers[] = ['Content-Type', 'application/octet-stream']; // else PHP would add another, unsigned
        }
        $signed = $this->sign($method, strtolower($scheme), $host, $target, $headers, $content);
        $context = stream_context_create(['http' => [
            'method' => $method,
            'header' => array_map(fn (array $line) => "$line[0]: $line[1]", [
                ['Host', $host],
                ['Connection', 'close'],
                ...$signed->headers,
                ...($content === '' && in_array($method, ['POST', 'PUT', 'PATCH'], true) ? [['Content-Length', '0']] : []),
            ]),
            'content' => $content,
            'protocol_version' => 1.1,
            'follow_location' => 0,
            'ignore_errors' => true, // a 4xx is an answer too
            'timeout' => 30,
        ]]);
        $stream = @fopen("$scheme://$host$target", 'rb', false, $context);
        if ($stream === false) {
            throw new \RuntimeException("no answer from $host: " . (error_get_last()['message'] ?? ''));
        }
        $received = stream_get_contents($stream);
        $lines = stream_get_meta_data($stream)['wrapper_data'];
        fclose($stream);
        if ($received === false) {
            throw new \RuntimeException("the answer from $host ended early");
        }
        $status = (int) explode(' ', array_shift($lines), 3)[1];
        $pairs = array_map(fn (string $line) => explode(':', $line, 2) + ['', ''], $lines);
        return new Answer($status, $pairs, $received, $signed->signature);
    }

    /**
     * Checks a signed answer (section 11) to the request that has this signature. Gives the server's time.
     *
     * @param list<array{string, string}> $headers the lines as received
     * @param string $content the bytes before any decompression
     */
    public function verifyResponse(string $requestSignature, int $status, array $headers, string $content): int
    {
        $lines = [];
        foreach ($headers as [$name, $value]) {
            $lines[strtolower($name)][] = trim($value, " \t");
        }
        self::check(count($lines['lacre-signature'] ?? []) === 1, 'response: not exactly one Lacre-Signature');
        $algorithm = "$this->algorithm-RESPONSE";
        $parameters = self::readParameters($lines['lacre-signature'][0], $algorithm);
        ['Timestamp' => $timestamp, 'SignedHeaders' => $list, 'Signature' => $signature] = $parameters;
        $names = $list === '' ? [] : explode(';', $list);
        $sorted = array_unique($names);
        sort($sorted, SORT_STRING);
        self::check(
            preg_match(self::TIMESTAMP, $timestamp) && $names === $sorted && count($names) <= 32,
            'response: malformed Lacre-Signature',
        );
        $text = [$algorithm, $this->appId, $requestSignature, $timestamp, sprintf('%03d', $status)];
        foreach ($names as $name) {
            self::check(
                preg_match(self::NAME, $name) && strtolower($name) === $name,
                'response: malformed Lacre-Signature',
            );
            self::check(
                count($lines[$name] ?? []) === 1 && preg_match(self::PRINTABLE, $lines[$name][0]),
                "response: $name is signed, and not on exactly one printable line",
            );
            $text[] = "$name:{$lines[$name][0]}";
        }
        self::check(
            hash_equals($this->mac(implode("\n", [...$text, '', $list])), $signature),
            'response: not signed by the server for this request, or changed on its way',
        );
        foreach (self::RESPONSE_MINIMUM as $name) {
            self::check(!isset($lines[$name]) || in_array($name, $names, true), "response: $name is not signed");
        }
        $isDigested = in_array('content-digest', $names, true);
        self::check($content === '' || $isDigested, 'response: content without a signed Content-Digest');
        self::check(
            !$isDigested || in_array($lines['content-digest'][0], self::digests($content), true),
            'response: the content is not what was signed',
        );
        return (int) $timestamp;
    }

    /** The parameters of a Lacre-Signature field: each of the three once, in any order. */
    private static function readParameters(string $value, string $algorithm): array
    {
        self::check(str_starts_with($value, "$algorithm "), 'response: signed with another algorithm');
        $parameters = [];
        foreach (explode(',', substr($value, strlen($algorithm) + 1)) as $i => $part) {
            $part = $i > 0 && str_starts_with($part, ' ') ? substr($part, 1) : $part;
            [$name, $text] = explode('=', $part, 2) + ['', null];
            self::check(
                $text !== null && !isset($parameters[$name])
                    && in_array($name, ['Timestamp', 'SignedHeaders', 'Signature'], true),
                'response: malformed Lacre-Signature',
            );
            $parameters[$name] = $text;
        }
        self::check(count($parameters) === 3, 'response: malformed Lacre-Signature');
        return $parameters;
    }

    /** The 32 bytes of an ApiKey. Strict: decoded, encoded again and compared. */
    private static function readApiKey(#[\SensitiveParameter] string $text): string
    {
        $message = 'apiKey: lk1_ and 43 characters of base64url, without white space';
        self::check(preg_match(self::API_KEY, $text, $match), $message);
        $key = base64_decode(strtr($match[1], '-_', '+/'), true);
        self::check($key !== false && self::base64url($key) === $match[1], $message);
        return $key;
    }

    private function mac(string $text): string
    {
        return hash_hmac($this->hash, $text, $this->key);
    }

    /** The two values of Content-Digest that say what these bytes are, sha-256 first. */
    private static function digests(string $content): array
    {
        return array_map(
            fn (string $bits) => "sha-$bits=:" . base64_encode(hash("sha$bits", $content, true)) . ':',
            ['256', '512'],
        );
    }

    private static function withoutDefaultPort(string $scheme, string $host): string
    {
        $port = ['https' => '443', 'http' => '80'][$scheme] ?? null;
        self::check($port !== null, 'scheme: https or http');
        return preg_replace("/:$port\z/", '', strtolower($host));
    }

    private static function base64url(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    private static function check(bool|int $holds, string $message): void
    {
        if (!$holds) {
            throw new LacreError($message);
        }
    }
}
