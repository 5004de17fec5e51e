import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { SenderView } from "@lacre/schemes/body-signature";
import { SCHEME_NAMES } from "../../apps/console/src/credentials/schemes.js";
import { PLATFORMS } from "../support/app.js";
import type { WireRequest } from "../support/wire.js";
import { changesOf, otherKey } from "./senders/changes.js";
import { senderRows } from "./senders/message.js";
import { Receiver, TENANT, wireOf } from "./senders/receiver.js";

/*
 * Every preset of a sender, with a message as the sender makes it. A row is a file in the folder beside this one:
 * whoever adds a preset adds a file, and changes nothing here.
 */

const FOLDER = join(import.meta.dirname, "senders");
const ROWS = senderRows(FOLDER);
const PRESETS = readdirSync(join(FOLDER, "../../../libs/schemes/src/senders"))
  .map((file) => file.replace(/[.]ts$/, ""))
  .filter((name) => name !== "preset");

describe.each(PLATFORMS)("%s", (platform) => {
  describe.each(ROWS.map((row) => [row.title, row] as const))("%s", (_title, row) => {
    const { message } = row;
    const { apiKey, expected } = message;
    const [second, another] = [otherKey(message, "second"), otherKey(message, "another")];

    describe("to one app", () => {
      const receiver = new Receiver(row, platform);
      beforeAll(() => receiver.start({ appId: "sender" }, { sender: [apiKey] }));
      afterAll(receiver.close);

      it("is taken as it was sent, once, and not with one byte changed", async () => {
        const genuine = wireOf(message.request);
        const changes = changesOf(message, genuine);
        const isUnsigned = ([name]: [string, WireRequest]): boolean =>
          expected.unsigned.includes(name);
        for (const [name, changed] of changes.filter((change) => !isUnsigned(change)))
          expect([name, await receiver.refused(changed)]).not.toEqual([name, "nonce-seen"]);
        expect(await receiver.taken(genuine)).toBe("sender");
        await receiver.repeated(genuine);
        for (const [, changed] of changes.filter(isUnsigned)) await receiver.repeated(changed);
        expect(changes.map(([name]) => name)).toEqual(
          expect.arrayContaining([...expected.unsigned]),
        );
      });
    });

    describe("to one that acknowledges repeats", () => {
      const receiver = new Receiver(row, platform);
      const options = { appId: "sender", duplicates: "acknowledge" };
      beforeAll(() => receiver.start(options, { sender: [apiKey] }));
      afterAll(receiver.close);

      it("runs again where the handler failed, and is told 200 once it has run", async () => {
        const genuine = wireOf(message.request);
        await receiver.failed(genuine);
        expect(await receiver.taken(genuine)).toBe("sender");
        await receiver.repeated(genuine, 200);
        for (const [name, changed] of changesOf(message, genuine))
          if (!expected.unsigned.includes(name)) await receiver.refused(changed);
      });
    });

    describe("to tenants", () => {
      const receiver = new Receiver(row, platform);
      const keys = { one: [second, apiKey], two: [another] };
      const appIdOf = ({ headers }: SenderView): string | undefined => headers.get(TENANT);
      beforeAll(() => receiver.start({ appIdOf }, keys));
      afterAll(receiver.close);

      it("is taken under either secret of a rotation, and by no other tenant", async () => {
        expect(await receiver.refused(wireOf(message.request, "two"))).toBe("signature-mismatch");
        expect(await receiver.refused(wireOf(message.request, "three"))).not.toBe("nonce-seen");
        expect(await receiver.taken(wireOf(message.request, "one"))).toBe("one");
        await receiver.repeated(wireOf(message.request, "one"));
      });
    });

    for (const contact of message.firstContact ?? [])
      describe(`before any signature, ${JSON.stringify(contact.options)}`, () => {
        const receiver = new Receiver(row, platform);
        beforeAll(() =>
          receiver.start({ appId: "sender", ...contact.options }, { sender: [apiKey] }),
        );
        afterAll(receiver.close);

        it("is answered, and opens nothing", async () => {
          await receiver.answered(contact);
          for (const [name, changed] of changesOf(message, wireOf(message.request)))
            if (!expected.unsigned.includes(name)) await receiver.refused(changed);
          await receiver.taken(wireOf(message.request));
        });

        it("is not answered where it was not named", async () => {
          const unnamed = new Receiver(row, platform);
          await unnamed.start({ appId: "sender" }, { sender: [apiKey] });
          const request = wireOf(contact.request);
          await (contact.signed === true ? unnamed.taken(request) : unnamed.refused(request));
          await unnamed.close();
        });
      });
  });
});

describe("the rows", () => {
  it("are of senders whose keys the console can keep", () => {
    expect(SCHEME_NAMES).toEqual(expect.arrayContaining(PRESETS));
  });

  it("are of presets that there are, and every preset has one", () => {
    expect(new Set(ROWS.map(({ preset }) => preset))).toEqual(
      new Set([...PRESETS, "body-signature"]),
    );
  });

  it("say where they are from: a page, or a program beside them that prints them", () => {
    for (const { title, message } of ROWS) {
      const [file = ""] = message.source.split(": ");
      const isThere = file.startsWith("https://") || existsSync(join(FOLDER, file));
      expect([title, isThere]).toEqual([title, true]);
    }
  });
});
