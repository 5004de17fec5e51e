// npm's escher-auth: a format after SigV4.
import { generateApiKey } from "@lacre/core";
import Escher from "escher-auth";
import { signing, verifying } from "../contestant.mjs";
import { HOST, linesOf } from "../message.mjs";

const scope = { credentialScope: "eu/orders/escher_request" };
const secret = generateApiKey();
const CONTENT_TYPE = ["content-type", "application/json"];

export function escherVerifier(method) {
  const escher = new Escher(scope);
  return verifying({
    method,
    sign,
    arrive: (message, signed) => ({
      method,
      url: message.target,
      headers: linesOf(message, signed),
      body: message.content?.text,
    }),
    isRight: (request) =>
      escher.authenticate(request, (id) => (id === "orders" ? secret : undefined), []) === "orders",
  });
}

export function escherSigner(method) {
  return signing({ method, sign, proof: escherVerifier(method) });
}

const client = new Escher({ ...scope, accessKeyId: "orders", apiSecret: secret });
function sign({ method, target, content }) {
  const given = [["host", HOST], ...(content === undefined ? [] : [CONTENT_TYPE])];
  const request = { method, url: target, headers: [...given] };
  client.signRequest(request, content?.text ?? "", content === undefined ? [] : ["content-type"]);
  return request.headers.slice(given.length);
}
