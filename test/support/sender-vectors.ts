import { readFileSync } from "node:fs";
import type { KeyDefinition, MacAlgorithm } from "@lacre/core";

/** What a sender wants to send, and what it makes of it (docs/protocol.md section 17). */
export interface SenderVector {
  readonly name: string;
  readonly refusal: string | null;
  readonly appId: string;
  readonly apiKey: string;
  readonly algorithm: MacAlgorithm;
  readonly timestamp: number;
  readonly nonce: string;
  readonly method: string;
  readonly url: string;
  readonly target: string;
  readonly headers: [string, string][];
  readonly content: string;
  readonly named: string[];
  readonly list: string | null;
  readonly canonicalRequest: string | null;
  readonly mac: string | null;
  readonly authorization: string | null;
}

export interface KeyVector {
  readonly name: string;
  readonly text: string;
  readonly bytes: string | null;
}

type RingKey = KeyDefinition & { notBefore?: number; expiresAt?: number };

export interface RingVector {
  readonly name: string;
  readonly valid: boolean;
  readonly keys: RingKey[];
}

/** Written by test/vectors/lacre1.py, an independent implementation of docs/protocol.md. */
export const { senders, keys, rings } = JSON.parse(
  readFileSync(new URL("../../docs/vectors/lacre1.json", import.meta.url), "utf8"),
) as { senders: SenderVector[]; keys: KeyVector[]; rings: RingVector[] };
