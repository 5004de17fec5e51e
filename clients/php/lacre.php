<?php
/**
 * A client for LACRE1 (docs/protocol.md) in one file, on PHP's standard library: streams and hash. PHP 8.0 or newer;
 * for https the openssl extension.
 *
 *     $client = new Lacre\Client($appId, $apiKey);                    // or new Lacre\Client($appId, $apiKey, 'sha512')
 *     $answer = $client->request('POST', 'https://api.example.com/orders',
 *         [['Content-Type', 'application/json']], '{"item":"tea"}');
 *     echo $answer->status, $answer->content;
 *     $client->verifyResponse($answer->requestSignature, $answer->status, $answer->headers, $answer->content,
 *         $answer->requestMethod);
 *
 * The last line is for servers that sign their answers. The tests of the project run this file: of the vectors in
 * docs/vectors/lacre1.json all senders, keys and answers and every request that a sender can make, and real requests.
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
        public string $requestMethod,
    ) {
    }
}

/** Signs for one app. Keeps nothing between two requests. */
final class Client
{
    // `\z` where others write `$`, which in PHP lets a line feed pass.
    private const APP_ID = '/\A(?!lk1_)[A-Za-z0-9._~-]{1,128}\z/';
    private const API_KEY = '/\Alk1_([A-Za-z0-9_-]{43})\z/';
    private const NONCE = '/\A[A-Za-z0-9_-]{16,128}\z/';
    private const TIMESTAMP = '/\A[1-9][0-9]{9}\z/';
    private const METHOD = '/\A(?!(?:CONNECT|TRACE)\z)[A-Z-]{1,32}\z/';
    private const TARGET = '/\A\/[\x21\x22\x24-\x7e]{0,8191}\z/';
    private const HOST = '/\A(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\z/';
    private const NAME = '/\A[A-Za-z][A-Za-z0-9-]{0,63}\z/';
    private const SIGNED_NAME = '/\A[a-z][a-z0-9-]{0,63}\z/';
    private const PRINTABLE = '/\A[\x20-\x7e]*\z/';
    /** Section 5: strict base64, so without stray bits in the last character. */
    private const DIGEST =
        '/\A(?:sha-256=:[A-Za-z0-9+\/]{42}[AEIMQUYcgkosw048]=:|sha-512=:[A-Za-z0-9+\/]{85}[AQgw]==:)\z/';
    /** A query parameter whose decoded name begins with "lacre-" (section 12). */
    private const LACRE_PARAMETER =
        '/\A[^?]*\?(?:.*&)?(?:l|%[46]c)(?:a|%[46]1)(?:c|%[46]3)(?:r|%[57]2)(?:e|%[46]5)(?:-|%2d)/i';
    /** The path and query of a URL stay byte for byte. */
    private const URL = '/\A(https?):\/\/([^\/?#]+)([^#]*)/i';

    /** Section 4: proxies change these, so they travel unsigned; so does every proxy-… and x-forwarded-…. */
    private const UNSIGNABLE = '/\A(?:connection|cookie|expect|forwarded|keep-alive|te|trailer|upgrade|via'
        . '|proxy-.*|x-forwarded-.*)\z/';
    /** Section 4: others add or rewrite these, so they travel unsigned unless `signedHeaders` names them. */
    private const UNSIGNED_UNLESS_NAMED = '/\A(?:'
        . 'accept|accept-charset|accept-encoding|accept-language|alt-used|b3|baggage|cache-control|cdn-loop|dnt'
        . '|early-data|max-forwards|origin|pragma|priority|referer|save-data|traceparent|tracestate|true-client-ip'
        . '|upgrade-insecure-requests|user-agent|x-amz-cf-id|x-client-ip|x-cloud-trace-context|x-real-ip|x-request-id'
        . '|(?:cf|fastly|fly|sec|x-amzn|x-azure|x-b3|x-envoy|x-vercel)-.*)\z/';
    /** What this client sets itself, so that there is never a second line. */
    private const OURS = ['authorization', 'content-length', 'host', 'transfer-encoding'];
    /** Section 11: signed whenever the response carries them. */
    private const RESPONSE_MINIMUM =
        ['content-digest', 'content-encoding', 'content-type', 'lacre-clock', 'location', 'retry-after'];

    private string $key;
    private string $algorithm;

    /**
     * @param string $hash sha256, sha384 or sha512
     * @param list<string> $signedHeaders headers to sign that section 4 leaves unsigned, such as x-request-id, where you
     *   set them
     */
    public function __construct(
        private string $appId,
        #[\SensitiveParameter] string $apiKey,
        private string $hash = 'sha256',
        private array $signedHeaders = [],
    ) {
        self::check(preg_match(self::APP_ID, $appId), 'appId: 1 to 128 letters, digits and - _ . ~, and not what begins as keys do');
        self::check(in_array($hash, ['sha256', 'sha384', 'sha512'], true), 'hash: sha256, sha384 or sha512');
        $this->key = self::readApiKey($apiKey);
        $this->algorithm = 'LACRE1-HMAC-' . strtoupper($hash);
        $this->signedHeaders = array_map('strtolower', $signedHeaders);
        foreach ($this->signedHeaders as $name) {
            self::check(
                preg_match(self::NAME, $name) && !self::isForbidden($name),
                'signedHeaders: names of headers, none that section 4 forbids',
            );
        }
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
     * @param list<array{string, string}> $headers all are sent, and signed but for those of section 4
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
        self::checkHeaders($headers);
        foreach ($headers as [$name, $value]) {
            $lower = strtolower($name);
            $value = trim($value, " \t");
            self::check(!in_array($lower, self::OURS, true), "$name: set by this client, so leave it out");
            self::check(
                preg_match(self::NAME, $name),
                'header name ' . json_encode($name, JSON_INVALID_UTF8_SUBSTITUTE)
                    . ': at most 64 letters, digits and hyphens, a letter first',
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

        $names = array_filter(
            preg_grep(self::UNSIGNABLE, array_keys($values), PREG_GREP_INVERT),
            fn (string $name) => in_array($name, $this->signedHeaders, true)
                || preg_match(self::UNSIGNED_UNLESS_NAMED, $name) === 0,
        );
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
     * Sends one signed request. Follows no redirect and never sends anything a second time.
     *
     * @param list<array{string, string}> $headers
     * @param float $timeout seconds for the whole; only looking up the name of the host cannot be stopped
     * @throws \RuntimeException when there is no answer, or not a whole one
     */
    public function request(
        string $method,
        string $url,
        array $headers = [],
        string $content = '',
        float $timeout = 30,
    ): Answer {
        $deadline = microtime(true) + $timeout;
        self::check(preg_match(self::URL, $url, $parts), 'url: begins with http:// or https:// and a host');
        [, $scheme, $host, $target] = $parts;
        $scheme = strtolower($scheme);
        if (!str_starts_with($target, '/')) {
            $target = "/$target";
        }
        self::checkHeaders($headers);
        $names = array_map(fn (array $header) => strtolower($header[0]), $headers);
        if ($content !== '' && !in_array('content-type', $names, true)) {
            $headers[] = ['Content-Type', 'application/octet-stream']; // so that it is signed
        }
        $signed = $this->sign($method, $scheme, $host, $target, $headers, $content);
        $lines = [['Host', $host], ['Connection', 'close'], ...$signed->headers];
        if ($content !== '' || in_array($method, ['POST', 'PUT', 'PATCH'], true)) {
            $lines[] = ['Content-Length', (string) strlen($content)];
        }
        $head = implode("\r\n", array_map(fn (array $line) => "$line[0]: $line[1]", $lines));
        $connection = new Connection($scheme, $host, $deadline);
        $connection->write("$method $target HTTP/1.1\r\n$head\r\n\r\n$content");
        [$status, $pairs] = $connection->readHead();
        $received = $method === 'HEAD' || in_array($status, [204, 304], true) ? '' : $connection->readContent($pairs);
        return new Answer($status, $pairs, $received, $signed->signature, $method);
    }

    /**
     * Checks a signed answer (section 11) to the request that has this signature. Gives the server's time. The message
     * of the error has the fault of section 11.
     *
     * @param list<array{string, string}> $headers the lines as received
     * @param string $content the bytes before any decompression
     * @param string $method of the request: the answer to a HEAD has no content
     */
    public function verifyResponse(
        string $requestSignature,
        int $status,
        array $headers,
        string $content,
        string $method = 'GET',
    ): int {
        $lines = [];
        $twins = [];
        foreach ($headers as [$name, $value]) {
            $name = strtolower($name);
            $lines[$name][] = trim($value, " \t");
            if (str_contains($name, '_')) {
                $twins[strtr($name, '_', '-')] = true;
            }
        }

        $fields = $lines['lacre-signature'] ?? []; // 1
        self::checkAnswer($fields !== [], 'signature-missing', 'nobody who has the key made this answer');
        self::checkAnswer(count($fields) === 1, 'signature-repeated', 'more than one Lacre-Signature');
        [$timestamp, $names, $signature] = $this->readSignature($fields[0]); // 2
        foreach ($names as $name) { // 3
            self::checkAnswer(!isset($twins[$name]), 'header-ambiguous', $name);
            self::checkAnswer(isset($lines[$name]), 'header-missing', $name);
            self::checkAnswer(count($lines[$name]) === 1, 'header-repeated', $name);
            self::checkAnswer(preg_match(self::PRINTABLE, $lines[$name][0]), 'header-malformed', $name);
        }
        $text = implode("\n", [
            "$this->algorithm-RESPONSE", $this->appId, $requestSignature, $timestamp, sprintf('%03d', $status),
            ...array_map(fn (string $name) => "$name:{$lines[$name][0]}", $names),
            '', implode(';', $names),
        ]);
        self::checkAnswer(
            hash_equals($this->mac($text), $signature),
            'signature-mismatch',
            'not signed by the server for this request, or changed on its way',
        ); // 4
        foreach (self::RESPONSE_MINIMUM as $name) { // 5
            self::checkAnswer(!isset($twins[$name]), 'header-ambiguous', $name);
            self::checkAnswer(count($lines[$name] ?? []) <= 1, 'header-repeated', $name);
        }
        foreach (self::RESPONSE_MINIMUM as $name) {
            self::checkAnswer(!isset($lines[$name]) || in_array($name, $names, true), 'header-unsigned', $name);
        }
        $digest = $lines['content-digest'][0] ?? null;
        self::checkAnswer(
            $digest === null || preg_match(self::DIGEST, $digest),
            'digest-malformed',
            'Content-Digest',
        ); // 6
        if ($method === 'HEAD' || $status === 204 || $status === 304) { // 7; whatever their fields say, nothing follows
            self::checkAnswer($content === '', 'content-mismatch', 'this answer has no content');
            return (int) $timestamp;
        }
        self::checkAnswer(
            $content === '' || $digest !== null,
            'content-undigested',
            'content without a signed Content-Digest',
        );
        self::checkAnswer(
            $digest === null || in_array($digest, self::digests($content), true),
            'content-mismatch',
            'the content is not what was signed',
        );
        return (int) $timestamp;
    }

    /**
     * Time, names and MAC of a Lacre-Signature field: each of the three parameters once, in any order.
     *
     * @return array{string, list<string>, string}
     */
    private function readSignature(string $value): array
    {
        [$algorithm, $rest] = explode(' ', $value, 2) + ['', ''];
        $parameters = ['Timestamp' => null, 'SignedHeaders' => null, 'Signature' => null];
        $parts = explode(',', $rest);
        foreach ($parts as $i => $part) {
            $part = $i > 0 && str_starts_with($part, ' ') ? substr($part, 1) : $part;
            [$name, $text] = explode('=', $part, 2) + ['', null];
            $parameters[$name] = $text;
        }
        ['Timestamp' => $timestamp, 'SignedHeaders' => $list, 'Signature' => $signature] = $parameters;
        $names = (string) $list === '' ? [] : explode(';', $list);
        $sorted = array_unique($names);
        sort($sorted, SORT_STRING);
        $isWellFormed = strlen($value) <= 4096 && $algorithm === "$this->algorithm-RESPONSE"
            && count($parts) === 3 && $list !== null
            && preg_match(self::TIMESTAMP, (string) $timestamp)
            && $names === $sorted && count($names) <= 32
            && count(preg_grep(self::SIGNED_NAME, $names)) === count($names)
            && array_filter($names, [self::class, 'isForbidden']) === []
            && preg_match('/\A[0-9a-f]{' . strlen($this->mac('')) . '}\z/', (string) $signature);
        self::checkAnswer($isWellFormed, 'signature-malformed', 'Lacre-Signature');
        return [$timestamp, $names, $signature];
    }

    /** Whether section 4 forbids that this name is signed; `host` is signed, though the caller does not set it. */
    private static function isForbidden(string $name): bool
    {
        return preg_match(self::UNSIGNABLE, $name) === 1 || ($name !== 'host' && in_array($name, self::OURS, true));
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

    private static function checkHeaders(array $headers): void
    {
        foreach ($headers as $header) {
            self::check(
                is_array($header) && is_string($header[0] ?? null),
                "headers: a list of ['name', 'value']",
            );
            self::check(is_string($header[1] ?? null), "$header[0]: its value is not a string");
        }
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

    private static function checkAnswer(bool|int $holds, string $fault, string $detail): void
    {
        self::check($holds, "response: $fault: $detail");
    }
}

/**
 * One request and its answer. PHP's http stream would take an interim answer for the final one and a part of an answer
 * for the whole, and its time limit is for each read.
 *
 * @internal
 */
final class Connection
{
    /** What a line and a head may be long. */
    private const LONGEST_HEAD = 1 << 18;

    /** @var resource */
    private $stream;
    private string $buffer = '';

    public function __construct(string $scheme, private string $host, private float $deadline)
    {
        preg_match('/\A(\[.*\]|[^:]*)(?::(\d+))?\z/', $host, $parts);
        $port = $parts[2] ?? ($scheme === 'https' ? '443' : '80');
        $transport = $scheme === 'https' ? 'ssl' : 'tcp';
        $context = stream_context_create(['ssl' => ['peer_name' => trim($parts[1], '[]')]]);
        $stream = @stream_socket_client(
            "$transport://$parts[1]:$port", $number, $message, $this->left(), STREAM_CLIENT_CONNECT, $context,
        );
        if ($stream === false) {
            throw new \RuntimeException("no answer from $host: " . ($message ?: error_get_last()['message'] ?? ''));
        }
        $this->stream = $stream;
    }

    public function __destruct()
    {
        if (isset($this->stream)) {
            fclose($this->stream);
        }
    }

    public function write(string $bytes): void
    {
        while ($bytes !== '') {
            $this->limit();
            $count = @fwrite($this->stream, $bytes);
            if ($count === false || $count === 0) {
                return; // a server may answer before it has read everything
            }
            $bytes = substr($bytes, $count);
        }
    }

    /**
     * Status and header lines of the final answer.
     *
     * @return array{int, list<array{string, string}>}
     */
    public function readHead(): array
    {
        do {
            if (!preg_match('/\AHTTP\/1\.[01] ([1-9]\d\d)(?: |\z)/', $this->readLine(), $parts)) {
                throw new \RuntimeException("what $this->host answered is not HTTP/1.1");
            }
            $pairs = $this->readFields();
            $status = (int) $parts[1];
        } while ($status < 200 && $status !== 101); // interim ones
        return [$status, $pairs];
    }

    /** @param list<array{string, string}> $head */
    public function readContent(array $head): string
    {
        $fields = [];
        foreach ($head as [$name, $value]) {
            $fields[strtolower($name)][] = strtolower(trim($value, " \t"));
        }
        $encodings = $fields['transfer-encoding'] ?? [];
        $lengths = array_unique($fields['content-length'] ?? []);
        if ($encodings === ['chunked']) {
            return $this->readChunks();
        }
        if ($encodings !== [] || count($lengths) > 1) {
            throw new \RuntimeException("how long the answer from $this->host is cannot be told");
        }
        if ($lengths !== []) {
            return $this->readBytes($this->readLength('/\A\d{1,15}\z/', $lengths[0], 10));
        }
        while ($this->readMore()) {
        }
        return $this->buffer;
    }

    private function readChunks(): string
    {
        $content = '';
        do {
            [$size] = explode(';', $this->readLine(), 2);
            $chunk = $this->readBytes($this->readLength('/\A[0-9a-f]{1,12}\z/i', rtrim($size, " \t"), 16));
            $content .= $chunk;
            if ($chunk !== '' && $this->readLine() !== '') {
                throw new \RuntimeException("how long the answer from $this->host is cannot be told");
            }
        } while ($chunk !== '');
        $this->readFields(); // the trailer
        return $content;
    }

    private function readLength(string $pattern, string $text, int $base): int
    {
        if (!preg_match($pattern, $text)) {
            throw new \RuntimeException("how long the answer from $this->host is cannot be told");
        }
        return intval($text, $base);
    }

    private function readFields(): array
    {
        $pairs = [];
        $size = 0;
        while (($line = $this->readLine()) !== '') {
            $size += strlen($line);
            if (!preg_match('/\A[^\s:]+:/', $line) || $size > self::LONGEST_HEAD) {
                throw new \RuntimeException("what $this->host answered is not HTTP/1.1");
            }
            $pairs[] = explode(':', $line, 2);
        }
        return $pairs;
    }

    private function readLine(): string
    {
        while (($end = strpos($this->buffer, "\n")) === false) {
            if (strlen($this->buffer) > self::LONGEST_HEAD) {
                throw new \RuntimeException("what $this->host answered is not HTTP/1.1");
            }
            $this->need();
        }
        $line = substr($this->buffer, 0, $end);
        $this->buffer = substr($this->buffer, $end + 1);
        return str_ends_with($line, "\r") ? substr($line, 0, -1) : $line;
    }

    private function readBytes(int $count): string
    {
        while (strlen($this->buffer) < $count) {
            $this->need();
        }
        $bytes = substr($this->buffer, 0, $count);
        $this->buffer = substr($this->buffer, $count);
        return $bytes;
    }

    private function need(): void
    {
        if (!$this->readMore()) {
            throw new \RuntimeException("the answer from $this->host ended early");
        }
    }

    /** Whether there was more. */
    private function readMore(): bool
    {
        do {
            $this->limit();
            $piece = @fread($this->stream, 65536);
            if ($piece !== false && $piece !== '') {
                $this->buffer .= $piece;
                return true;
            }
        } while (stream_get_meta_data($this->stream)['timed_out']);
        return false;
    }

    /** The time limit of a stream is for each step, so each gets what is left. */
    private function limit(): void
    {
        $left = $this->left();
        stream_set_timeout($this->stream, (int) $left, (int) (fmod($left, 1) * 1e6));
    }

    private function left(): float
    {
        $left = $this->deadline - microtime(true);
        if ($left <= 0) {
            throw new \RuntimeException("the answer from $this->host was not there in time");
        }
        return $left;
    }
}
