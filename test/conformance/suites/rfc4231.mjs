// RFC 4231: HMAC with SHA-2, seven cases for each hash.
import { readFileSync } from "node:fs";
import { Secret } from "@lacre/core";

export function rfc4231(path, tally) {
  for (const vector of JSON.parse(readFileSync(path, "utf8")).vectors) {
    tally.exclude(`case ${vector.case}`, "sha224 is no algorithm of ours");
    for (const algorithm of ["sha256", "sha384", "sha512"]) {
      const mac = new Secret(Buffer.from(vector.key, "hex")).mac(
        algorithm,
        Buffer.from(vector.data, "hex"),
        "hex",
      );
      // Case 5 prints the first 128 bits alone.
      const printed = mac.slice(0, vector[algorithm].length);
      tally.equal(`case ${vector.case}, ${algorithm}`, printed, vector[algorithm]);
    }
  }
}
