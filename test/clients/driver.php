<?php
/** Does what each line of stdin says, with the PHP client; test/clients/driver.ts knows the lines. */
declare(strict_types=1);

require __DIR__ . '/../../clients/php/lacre.php';

use Lacre\Client;
use Lacre\LacreError;

// A warning is a fault of the client, not something to print and go on after.
set_error_handler(function (int $level, string $message, string $file, int $line): bool {
    if ((error_reporting() & $level) === 0) {
        return false;
    }
    throw new ErrorException($message, 0, $level, $file, $line);
});

function headers(string $field): array
{
    $pairs = $field === '' ? [] : explode(' ', $field);
    return array_map(fn (string $pair) => array_map('base64_decode', explode(':', $pair)), $pairs);
}

function verdict(Client $client, Lacre\Answer $answer): string
{
    try {
        $client->verifyResponse(
            $answer->requestSignature, $answer->status, $answer->headers, $answer->content, $answer->requestMethod,
        );
        return 'yes';
    } catch (LacreError $error) {
        return $error->getMessage();
    }
}

function act(string $command, Client $client, array $fields): array
{
    $text = fn (int $i) => base64_decode($fields[$i], true);
    switch ($command) {
        case 'key':
            return [];
        case 'sign':
            $signed = $client->sign(
                $text(2), $text(3), $text(4), $text(5), headers($fields[6]), $text(7), (int) $text(0), $text(1),
            );
            return [$signed->canonicalRequest, $signed->signature, $signed->authorization];
        case 'verify':
            return [(string) $client->verifyResponse(
                $text(0), (int) $text(1), headers($fields[2]), $text(3), $text(4),
            )];
        case 'call':
            $answer = $client->request($text(0), $text(1), headers($fields[2]), $text(3));
            return [(string) $answer->status, $answer->content, verdict($client, $answer)];
        case 'hurried':
            try {
                return [(string) $client->request($text(0), $text(1), [], '', 1)->status];
            } catch (RuntimeException $error) {
                return [str_contains($error->getMessage(), 'not there in time') ? 'too late' : $error->getMessage()];
            }
        case 'wrong types': // of what PHP itself does not check
            return array_map(function (array $headers) use ($client, $text): string {
                try {
                    return (string) $client->request('GET', $text(1), $headers)->status;
                } catch (LacreError $error) {
                    return $error->getMessage();
                }
            }, [[['X-Note', 1]], [[null, 'a']], ['X-Note' => 'a']]);
    }
    throw new LogicException($command);
}

while (($line = fgets(STDIN)) !== false) {
    $fields = explode('|', rtrim($line, "\n"));
    $command = array_shift($fields);
    try {
        [$appId, $apiKey, $hash, $names] = array_map('base64_decode', array_splice($fields, 0, 4));
        $client = new Client($appId, $apiKey, $hash, $names === '' ? [] : explode(' ', $names));
        $result = ['ok', ...array_map('base64_encode', act($command, $client, $fields))];
    } catch (LacreError $error) {
        $result = ['refused', base64_encode($error->getMessage())];
    }
    echo implode('|', $result), "\n";
}
