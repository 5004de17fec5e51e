import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();
const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

/** CBOR, as much of it as a passkey writes. RFC 8949 */
function cbor(value: unknown): Buffer {
  const head = (major: number, n: number): Buffer =>
    n < 24
      ? Buffer.from([major * 32 + n])
      : n < 256
        ? Buffer.from([major * 32 + 24, n])
        : Buffer.from([major * 32 + 25, Math.floor(n / 256), n % 256]);
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string")
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map)
    return Buffer.concat([
      head(5, value.size),
      ...[...value].flatMap(([key, inner]) => [cbor(key), cbor(inner)]),
    ]);
  throw new Error("not needed here");
}

/** A passkey, written after the specification with node:crypto alone: ES256, a counter. W3C WebAuthn, level 2 */
export class SoftwareAuthenticator {
  readonly id = randomBytes(32);
  readonly #privateKey: KeyObject;
  readonly #coordinates: { x: Buffer; y: Buffer };

  constructor(
    readonly rpId: string,
    readonly origin: string,
    public counter = 0,
  ) {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#privateKey = privateKey;
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    this.#coordinates = { x: Buffer.from(x, "base64url"), y: Buffer.from(y, "base64url") };
  }

  /** Section 7.1: what navigator.credentials.create gives. */
  register(challenge: string): object {
    const clientData = this.#clientData("webauthn.create", challenge);
    const { x, y } = this.#coordinates;
    const publicKey = cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, x],
        [-3, y],
      ]),
    );
    const length = Buffer.from([0, this.id.length]);
    const credential = Buffer.concat([Buffer.alloc(16), length, this.id, publicKey]);
    const authData = Buffer.concat([this.#authenticatorData(0x41), credential]);
    const attestation = new Map<string, unknown>([
      ["fmt", "none"],
      ["attStmt", new Map()],
      ["authData", authData],
    ]);
    return this.#answer({
      clientDataJSON: b64(clientData),
      attestationObject: b64(cbor(attestation)),
      transports: ["internal"],
    });
  }

  /** Section 7.2: what navigator.credentials.get gives. */
  signIn(challenge: string): object {
    this.counter += 1;
    const clientData = this.#clientData("webauthn.get", challenge);
    const authData = this.#authenticatorData(0x01);
    const signed = Buffer.concat([authData, sha256(clientData)]);
    return this.#answer({
      clientDataJSON: b64(clientData),
      authenticatorData: b64(authData),
      signature: b64(sign("sha256", signed, this.#privateKey)),
    });
  }

  #authenticatorData(flags: number): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.counter);
    return Buffer.concat([sha256(this.rpId), Buffer.from([flags]), counter]);
  }

  #clientData(type: string, challenge: string): Buffer {
    const { origin } = this;
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  #answer(response: object): object {
    const id = b64(this.id);
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }
}
