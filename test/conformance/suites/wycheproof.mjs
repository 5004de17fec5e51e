// Project Wycheproof, HMAC with SHA-2: right tags, and tags with a bit turned over.
import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { Secret } from "@lacre/core";

const ALGORITHMS = {
  HMACSHA256: ["sha256", 256],
  HMACSHA384: ["sha384", 384],
  HMACSHA512: ["sha512", 512],
};

export function wycheproof(path, tally) {
  const { algorithm, testGroups } = JSON.parse(readFileSync(path, "utf8"));
  const [hash, fullBits] = ALGORITHMS[algorithm];
  for (const { tagSize, tests } of testGroups)
    for (const { tcId, comment, key, msg, tag, result } of tests) {
      const name = `${tcId} (${comment})`;
      if (tagSize < fullBits) {
        tally.exclude(name, `a tag cut to ${tagSize} bits is never taken`);
        continue;
      }
      const mac = new Secret(Buffer.from(key, "hex")).mac(hash, Buffer.from(msg, "hex"), "hex");
      const verifies =
        tag.length === mac.length && timingSafeEqual(Buffer.from(tag), Buffer.from(mac));
      tally.equal(name, verifies ? "valid" : "invalid", result);
    }
}
