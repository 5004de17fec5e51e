import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { generateApiKey } from "@lacre/core";
import { openSecret, rewrapSecret, sealSecret, type KeyWrapper } from "@lacre/stores/console";
import { boot, modulesIn, Workshop } from "./workshop.js";

interface Call {
  readonly KeyId: string;
  readonly EncryptionContext: Record<string, string>;
}

/** Stands for a key service, which cannot run here: it keeps master keys, and gives none away. */
class StandInService {
  readonly #keys = new Map<string, Buffer>();

  async encrypt({ KeyId, EncryptionContext, Plaintext }: Call & { Plaintext: Uint8Array }) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#keyOf(KeyId), nonce);
    cipher.setAAD(Buffer.from(JSON.stringify(EncryptionContext)));
    const text = Buffer.concat([cipher.update(Plaintext), cipher.final()]);
    return { CiphertextBlob: Buffer.concat([nonce, cipher.getAuthTag(), text]) };
  }

  async decrypt(call: Call & { CiphertextBlob: Uint8Array }) {
    const { KeyId, EncryptionContext, CiphertextBlob: blob } = call;
    const decipher = createDecipheriv("aes-256-gcm", this.#keyOf(KeyId), blob.subarray(0, 12));
    decipher.setAAD(Buffer.from(JSON.stringify(EncryptionContext)));
    decipher.setAuthTag(blob.subarray(12, 28));
    return { Plaintext: Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]) };
  }

  #keyOf(id: string): Buffer {
    const key = this.#keys.get(id) ?? randomBytes(32);
    this.#keys.set(id, key);
    return key;
  }
}

describe("docs/console/keys.md", () => {
  let workshop: Workshop;
  beforeAll(() => void (workshop = new Workshop("docs/console/keys.md")));
  afterAll(() => workshop.close());

  it("is correct TypeScript", () => {
    expect(workshop.typeErrors()).toBe("");
  });

  it("wraps data keys with a key service", async () => {
    const { KmsWrapper } = (await workshop.run("kms-wrapper.ts")) as {
      KmsWrapper: new (kms: StandInService, id: string) => KeyWrapper;
    };
    const kms = new StandInService();
    const [old, now] = [new KmsWrapper(kms, "key/1"), new KmsWrapper(kms, "key/2")];
    const apiKey = generateApiKey();
    const sealed = await sealSecret(Buffer.from(apiKey), "key:k_1", old);
    expect(sealed.wrappedBy).toBe("key/1");
    const moved = await rewrapSecret(sealed, "key:k_1", now);
    expect(moved.wrappedBy).toBe("key/2");
    expect(Buffer.from(await openSecret(moved, "key:k_1", now)).toString()).toBe(apiKey);
    await expect(openSecret(moved, "key:k_2", now)).rejects.toThrow();
  });

  it("starts with a file that was taken along", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lacre-apps-"));
    const before = process.env.APPS_FILE;
    try {
      process.env.APPS_FILE = join(folder, "apps.json");
      const apps = [{ appId: "orders", keys: [{ id: "k_1", apiKey: generateApiKey() }] }];
      writeFileSync(process.env.APPS_FILE, JSON.stringify({ apps }));
      await boot(...modulesIn(await workshop.run("from-file.ts")));
    } finally {
      if (before === undefined) delete process.env.APPS_FILE;
      else process.env.APPS_FILE = before;
      rmSync(folder, { recursive: true });
    }
  });
});
