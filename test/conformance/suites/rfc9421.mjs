// RFC 9421 and RFC 9530: signature bases, hmac-sha256, canonical components, digests.
import { readFileSync } from "node:fs";
import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApiKey,
  readApps,
  receive,
  Refusal,
  Verifier,
} from "@lacre/core";
import { readOptions } from "@lacre/core/scheme";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { readComponents } from "../../../libs/schemes/dist/rfc9421/components.js";
import { RECIPE } from "../../../libs/schemes/dist/rfc9421/header.js";
import { Message } from "../../../libs/schemes/dist/rfc9421/message.js";
import { OPTIONS } from "../../../libs/schemes/dist/rfc9421/options.js";
import { coveredValues, signatureBase } from "../../../libs/schemes/dist/rfc9421/signature-base.js";
import { readSignatureInput } from "../../../libs/schemes/dist/rfc9421/signature-input.js";

const WINDOW = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };

export async function messageSignatures(path, tally) {
  const suite = JSON.parse(readFileSync(path, "utf8"));
  for (const vector of suite.vectors) await signature(vector, suite, tally);
  for (const example of suite.component_canonicalisation) components(example, tally);
  for (const example of suite.content_digest) await digest(example, suite, tally);
}

/** The base and the MAC; then the signed request, judged by a server that asks for what the vector covers. */
async function signature(vector, { keys, messages }, tally) {
  const { name, signature_input_member: member } = vector;
  const { method, target, headers, body } = messages[vector.request];
  const label = vector.label ?? "sig";
  const signed = [
    ...headers,
    ["Signature-Input", `${label}=${member}`],
    ["Signature", `${label}=:${vector.signature_base64}:`],
  ];
  const head = headOf(method, target, signed);
  const base = baseOf(head);
  tally.equal(`${name}: base`, base, vector.signature_base);
  const mac = readApiKey(keys[vector.keyid], "base64").macBy(RECIPE, base);
  tally.equal(`${name}: signature`, mac, vector.signature_base64);

  const covered = Array.from(member.matchAll(/"(@?[a-z-]+)"[ )]/g), ([, each]) => each);
  const lacking = ["content-digest", "content-type"].find((each) => !covered.includes(each));
  const options = covered.length === 0 ? {} : { components: covered };
  tally.equal(
    `${name}: judged`,
    await judge({ keyid: vector.keyid, key: keys[vector.keyid], head, body, options }),
    // What changes a request's meaning is signed whenever it is there.
    lacking === undefined ? "accepted" : "header-unsigned",
  );
}

function components({ section, headers = [], request, lines }, tally) {
  const [method, url] = request?.split(" ") ?? ["GET", "https://www.example.com/"];
  const { host, pathname, search } = new URL(url);
  const types = { "example-dict": "dictionary", "example-header": "list", "cache-control": "list" };
  for (const line of lines) {
    // Of a component, what stands before the colon behind its name and parameters.
    const identifier = /^"[^"]*"(?:;[a-z]+(?:="[^"]*")?)*/.exec(line)[0];
    const others = headers.filter(([name]) => name !== "Host");
    const head = headOf(method, pathname + search, [
      ["Host", host],
      ...others,
      ["Signature-Input", `sig=(${identifier});created=1618884473;keyid="a"`],
    ]);
    tally.equal(`${section} ${identifier}`, baseOf(head, { fields: types }).split("\n")[0], line);
  }
}

async function digest({ body, alg, value }, { keys }, tally) {
  const { createHmac } = await import("node:crypto");
  const [[keyid, key]] = Object.entries(keys);
  const field = `${alg}=${value}`;
  const input = `("@method" "content-digest");created=1618884473;keyid="${keyid}"`;
  const base = `"@method": POST\n"content-digest": ${field}\n"@signature-params": ${input}`;
  const mac = createHmac("sha256", Buffer.from(key, "base64")).update(base).digest("base64");
  const head = headOf("POST", "/", [
    ["Host", "example.com"],
    ["Content-Digest", field],
    ["Signature-Input", `sig=${input}`],
    ["Signature", `sig=:${mac}:`],
  ]);
  const options = { components: ["@method"] };
  const judged = { keyid, key, head, options };
  tally.equal(`${alg} of ${body}`, await judge({ ...judged, body }), "accepted");
  const changed = await judge({ ...judged, body: `${body} ` });
  tally.equal(`${alg} of ${body} and a blank`, changed, "content-mismatch");
}

/** The signature base of a request that need not cover what a server asks for. */
function baseOf(head, options = {}) {
  const rules = readOptions(OPTIONS, options, "rfc9421");
  const input = readSignatureInput(head.headers, rules);
  const components = readComponents(input.components, "request");
  return signatureBase(
    components,
    coveredValues(components, new Message(head), rules.fields),
    input.text,
  );
}

function headOf(method, target, headers) {
  return receive(
    { method, target, rawHeaders: headers.flat(), secure: true },
    { origins: Origins.of("*"), pathPrefix: "" },
  );
}

async function judge({ keyid, key, head, body, options }) {
  const scheme = rfc9421(options);
  const clock = { nowMs: () => 1618884473_000 };
  const app = { appId: keyid, apiKey: key, encoding: "base64", schemes: ["rfc9421"] };
  const verifier = new Verifier({
    schemes: [scheme],
    keys: new MemoryKeyStore(readApps([app], [scheme])),
    nonces: new MemoryNonceStore({ clock, fence: false }),
    window: WINDOW,
    clock,
  });
  const route = { schemes: ["rfc9421"], signedHeaders: [], scopes: [], stream: false };
  try {
    await verifier.verify(head, contentOf(Buffer.from(body)), route);
    return "accepted";
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
}
