import { readFileSync } from "node:fs";

/** The members of docs/vectors/lacre1.json that these tests use. */
export interface Vector {
  name: string;
  valid: boolean;
  now: number;
  origins: string[];
  signedHeaders: string[];
  presignedSeconds: number;
  request: { method: string; target: string; headers: [string, string][]; content: string };
  canonicalRequest: string | null;
  mac: string | null;
  authorization: string | null;
  refusal: string | null;
}

interface VectorKey {
  apiKey: string;
  algorithm: string;
  state: string;
  notBefore?: number;
  expiresAt?: number;
}

interface Vectors {
  maxAge: number;
  apps: { appId: string; keys: VectorKey[] }[];
  cases: Vector[];
}

// Written by test/vectors/lacre1.py, which shares no code with what is tested here.
export const vectors = JSON.parse(
  readFileSync(new URL("../../docs/vectors/lacre1.json", import.meta.url), "utf8"),
) as Vectors;
