import { platform } from "#platform";
import { ConfigurationError } from "@lacre/core/portable";
import {
  AxiosError,
  AxiosHeaders,
  CanceledError,
  getAdapter,
  isAxiosError,
  isCancel,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from "axios";
import { AxiosAnswer } from "./axios-answer.js";
import { bodyFor, kindOf, readRequest, secondCredential, type Body } from "./axios-request.js";
import { Exchange } from "./exchange.js";
import type { ClientOptions } from "./options.js";
import { send, type Outgoing } from "./send.js";

type Config = InternalAxiosRequestConfig;

const SIGNING = new WeakSet<object>();
/** What an adapter of ours sends with. */
const INNER = new WeakMap<object, AxiosRequestConfig["adapter"]>();

/**
 * Makes one instance of axios sign its requests and check signed answers. It is installed like an interceptor, and
 * signs last: the final URL and the bytes that go out after every interceptor and `transformRequest`. Whoever sends a
 * `config` again has it signed anew.
 *
 * Redirects and repeats are those of `options`, whatever `maxRedirects` says. A body is read into memory, but for a
 * `Blob` and the stream of a file (`fs.createReadStream(path)`), which are read twice; no other stream can be signed.
 *
 * @example
 * const orders = signRequests(axios.create({ baseURL: "https://api.example.com" }), { appId: "shop", apiKey });
 * await orders.post("/orders", { n: 1 });
 * @throws ConfigurationError for an AppId, a key or an option that will not do
 */
export function signRequests<T extends AxiosInstance>(instance: T, options: ClientOptions): T {
  const exchange = new Exchange(options, platform.signerOf(options));
  if (SIGNING.has(instance))
    throw new ConfigurationError(
      "signRequests",
      "this instance signs already.",
      "Make another one with axios.create().",
    );
  if (instance.defaults.auth) throw secondCredential("auth");
  SIGNING.add(instance);
  instance.interceptors.request.use(
    (config) => {
      const given = config.adapter;
      // An adapter of ours is there when somebody sends the config of an earlier request once more.
      const inner = typeof given === "function" && INNER.has(given) ? INNER.get(given) : given;
      config.adapter = signingAdapter(exchange, inner);
      return config;
    },
    undefined,
    { synchronous: true },
  );
  return instance;
}

/** An adapter that signs what it is given, and sends it with another one. */
function signingAdapter(exchange: Exchange, inner: AxiosRequestConfig["adapter"]): AxiosAdapter {
  const adapter = async (config: Config): Promise<AxiosResponse> => {
    const patience = new Patience(config);
    try {
      const request = await readRequest(config, patience.signal);
      const readsAll = exchange.options.verifyResponses === "require";
      const answer = await send(exchange, request, async (outgoing) => {
        patience.signal.throwIfAborted(); // an adapter that finds itself cancelled at its start may send all the same
        try {
          return await transmit(config, inner, outgoing, readsAll);
        } catch (error) {
          if (isFinal(error)) patience.end();
          throw error;
        }
      });
      return settle(await answer.finish(), config);
    } finally {
      patience.release();
    }
  };
  INNER.set(adapter, inner);
  return adapter;
}

/** Sends once. What is sent is handed to the adapter in its final form, so that it builds nothing itself. */
async function transmit(
  config: Config,
  inner: AxiosRequestConfig["adapter"],
  { method, url, headers, body }: Outgoing<Body>,
  readsAll: boolean,
): Promise<AxiosAnswer> {
  const adapter = getAdapter(inner, config);
  const kind = kindOf(adapter, config);
  const given = bodyFor(kind, body);
  const asStream = config.responseType === "stream" && kind !== "xhr" && !readsAll;
  try {
    const response = await adapter({
      ...config,
      adapter: inner,
      method: method.toLowerCase(), // the adapters send capitals, and compare with small letters
      url: url.href,
      baseURL: undefined,
      params: undefined,
      headers: AxiosHeaders.from({ ...Object.fromEntries(headers), ...given.headers }),
      data: given.data,
      maxRedirects: 0,
      fetchOptions: { ...config.fetchOptions, redirect: "manual" },
      decompress: false,
      responseType: asStream ? "stream" : "arraybuffer",
      validateStatus: () => true,
    } as Config);
    return new AxiosAnswer({ ...response, config }, kind);
  } catch (error) {
    // What was sent holds a signature; and whoever repeats the request must start from what was asked for.
    if (isAxiosError(error)) {
      error.config = config;
      if (error.response !== undefined) error.response.config = config;
    }
    throw error;
  }
}

/** As axios itself ends a request. */
function settle(response: AxiosResponse, config: Config): AxiosResponse {
  const { status, request } = response;
  const { validateStatus } = config;
  if (status === 0 || !validateStatus || validateStatus(status)) return response;
  throw new AxiosError(
    `Request failed with status code ${status}`,
    status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE,
    config,
    request,
    response,
  );
}

const FINAL: ReadonlySet<string | undefined> = new Set([
  AxiosError.ERR_BAD_OPTION,
  AxiosError.ERR_BAD_OPTION_VALUE,
  AxiosError.ERR_BAD_REQUEST,
  AxiosError.ERR_CANCELED,
  AxiosError.ERR_INVALID_URL,
  AxiosError.ERR_NOT_SUPPORT,
]);

/** Whether the same request would fail again. */
const isFinal = (error: unknown): boolean =>
  isAxiosError(error) && (FINAL.has(error.code) || error.message.startsWith("maxContentLength "));

/** How long the caller waits: one signal for the two that axios knows, and for what will never succeed. */
class Patience {
  readonly #controller = new AbortController();
  readonly #config: Config;
  readonly #stop = (reason?: unknown): void => {
    const canceled = isCancel(reason) ? reason : new CanceledError(undefined, this.#config);
    this.#controller.abort(canceled);
  };

  constructor(config: Config) {
    this.#config = config;
    const { signal, cancelToken } = config;
    if (signal?.aborted === true) this.#stop();
    else signal?.addEventListener?.("abort", this.#stop);
    cancelToken?.subscribe(this.#stop);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    this.#controller.abort();
  }

  release(): void {
    this.#config.signal?.removeEventListener?.("abort", this.#stop);
    this.#config.cancelToken?.unsubscribe(this.#stop);
  }
}
