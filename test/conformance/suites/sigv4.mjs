// What both suites of SigV4 need.
import { createHash, createHmac } from "node:crypto";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import {
  contentOf,
  HeaderLines,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
} from "@lacre/core";
import { recipeOf } from "../../../libs/schemes/dist/aws-sigv4/scope.js";
import { textOf } from "../../../libs/schemes/dist/aws-sigv4/text.js";

/** One signer's and verifier's setting: the scope, the key, the moment. */
export class Setting {
  constructor({ accessKeyId, secret, amzDate, region, service, urlMode }) {
    this.options = { region, service, urlMode };
    this.scheme = awsSigV4(this.options);
    this.appId = accessKeyId;
    this.secretText = secret;
    const definition = {
      appId: this.appId,
      apiKey: secret,
      encoding: "text",
      schemes: ["aws-sigv4"],
    };
    this.apps = readApps([definition], [this.scheme]);
    this.amzDate = amzDate;
    this.scope = `${amzDate.slice(0, 8)}/${region}/${service}/aws4_request`;
    const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate).map(Number);
    this.nowMs = Date.UTC(parts[0], parts[1] - 1, ...parts.slice(2));
  }

  /** The canonical request by our rules. The request need not have passed our intake. */
  canonicalise({ method, target, headers, content }, signedHeaders) {
    const lines = HeaderLines.fromRaw(headers.flat());
    const host = lines.only("host");
    const request = { method, target, headers: lines, host, authority: host };
    const digest = createHash("sha256").update(content).digest("hex");
    return textOf(request, signedHeaders, this.options.urlMode, queryOf(target), digest);
  }

  /** The canonical request by our rules, of a request with its credentials. */
  canonicaliseWithCredentials({ method, target, headers }) {
    const request = receive({ method, target, rawHeaders: headers.flat() }, frontOf(headers));
    const { header, presigned } = this.scheme;
    return (presigned.recognises(request) ? presigned : header).read(request).text();
  }

  /** Our signature, in hex, of a canonical request. */
  signature(canonicalRequest) {
    const [{ keys }] = this.apps;
    return keys[0].secret.macBy(recipeOf(this.options, this.amzDate), canonicalRequest);
  }

  /** The signature of a string to sign, by a chain of HMACs of its own: pins the string that our recipe makes. */
  signatureOfString(stringToSign) {
    let key = Buffer.from(`AWS4${this.secretText}`);
    for (const part of this.scope.split("/")) key = createHmac("sha256", key).update(part).digest();
    return createHmac("sha256", key).update(stringToSign).digest("hex");
  }

  authorization(signedHeaders, signature) {
    return `AWS4-HMAC-SHA256 Credential=${this.appId}/${this.scope}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  }

  /** "accepted", or the code of our verifier's refusal. */
  async verdict({ method, target, headers, content }) {
    const clock = { nowMs: () => this.nowMs };
    const verifier = new Verifier({
      schemes: [this.scheme],
      keys: new MemoryKeyStore(this.apps),
      nonces: new MemoryNonceStore({ clock, fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      clock,
    });
    const route = {
      schemes: [this.scheme.name],
      signedHeaders: [],
      scopes: [],
      presignedSeconds: 604_800,
      stream: false,
    };
    try {
      const request = receive({ method, target, rawHeaders: headers.flat() }, frontOf(headers));
      await verifier.verify(request, contentOf(content), route);
      return "accepted";
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }
}

const queryOf = (target) => target.slice(target.indexOf("?") + 1 || target.length);

function frontOf(headers) {
  const host = headers.find(([name]) => name.toLowerCase() === "host")[1].trim();
  return { origins: Origins.of([`https://${host}`]), pathPrefix: "" };
}
