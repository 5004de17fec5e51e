import { platform } from "#platform";
import type { AxiosInstance } from "axios";
import { signInstance } from "./axios/axios-adapter.js";
import { refuseBareGround } from "./bare-ground.js";
import { exchangeOf } from "./exchange.js";
import type { ClientOptions } from "./options.js";

/**
 * Makes one instance of axios sign its requests and check signed answers, and returns it. It signs last: the final URL
 * and the bytes that go out after every interceptor and `transformRequest`. A `config` that is sent again is signed
 * anew.
 *
 * Redirects and repeats are those of `options`; `maxRedirects` has no effect. A body is read into memory, except a
 * `Blob` and the stream of a file (`fs.createReadStream(path)`), which are read twice; no other stream can be signed.
 *
 * @example
 * const orders = signAxios(axios.create({ baseURL: "https://api.example.com" }), { appId: "shop", apiKey });
 * await orders.post("/orders", { n: 1 });
 * @throws ConfigurationError for a wrong AppId, key or option, and for an instance that signs already
 */
export function signAxios<T extends AxiosInstance>(instance: T, options: ClientOptions): T {
  refuseBareGround("signAxios", [...NEEDED, ...platform.needs]);
  return signInstance(instance, exchangeOf(options, "signAxios"));
}

const NEEDED = ["Blob", "FormData", "Response", "TextDecoder", "TextEncoder", "URL.canParse"];
