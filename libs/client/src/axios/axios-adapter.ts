import {
  AxiosError,
  AxiosHeaders,
  getAdapter,
  isAxiosError,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from "axios";
import { AxiosAnswer } from "./axios-answer.js";
import { withoutHead } from "./axios-error.js";
import { Patience } from "./axios-patience.js";
import { bodyFor, kindOf, readRequest, secondCredential, type Kind } from "./axios-request.js";
import { XhrLimit } from "./axios-xhr.js";
import type { Body } from "../body.js";
import type { Attempt, Exchange } from "../exchange.js";
import { send, type Outgoing } from "../send.js";
import { refuseSigning, signs } from "../signing-once.js";
import { unlessAborted } from "../unless-aborted.js";

type Config = InternalAxiosRequestConfig;

/** Which adapter each signing adapter sends with. */
const INNER = new WeakMap<object, AxiosRequestConfig["adapter"]>();

/**
 * Makes this instance send through a signing adapter.
 * @throws ConfigurationError for an instance that signs already, or has another credential
 */
export function signInstance<T extends AxiosInstance>(instance: T, exchange: Exchange): T {
  refuseSigning(instance, "axios", "Make another one with axios.create().");
  if (instance.defaults.auth) throw secondCredential("auth");
  instance.interceptors.request.use(
    (config) => {
      const given = config.adapter;
      // Whoever sends the config of an earlier request again sends our adapter with it.
      const inner = typeof given === "function" && INNER.has(given) ? INNER.get(given) : given;
      config.adapter = signingAdapter(exchange, inner);
      return config;
    },
    undefined,
    { synchronous: true },
  );
  return signs(instance);
}

/** An adapter that signs what it is given, and sends it with another one. */
function signingAdapter(exchange: Exchange, inner: AxiosRequestConfig["adapter"]): AxiosAdapter {
  const adapter = async (config: Config): Promise<AxiosResponse> => {
    const patience = new Patience(config);
    const { signal } = patience;
    let answer: AxiosAnswer | undefined;
    let response: AxiosResponse | undefined;
    try {
      const kind = kindOf(getAdapter(inner, config), config);
      const request = await unlessAborted(readRequest(config, kind, signal), signal);
      answer = await send(
        exchange,
        request,
        async (outgoing, attempt) => {
          if (signal.aborted) throw patience.reason; // some adapters send even if they are cancelled at their start
          return transmit({ config, inner, signal, attempt }, outgoing);
        },
        wouldFailAgain,
      );
      response = await unlessAborted(answer.finish(), signal);
      return settle(response, config);
    } catch (error) {
      if (response === undefined) answer?.discard();
      throw withoutHead(patience.reason ?? error);
    } finally {
      patience.release(response);
    }
  };
  INNER.set(adapter, inner);
  return adapter;
}

interface Sending {
  readonly config: Config;
  readonly inner: AxiosRequestConfig["adapter"];
  readonly signal: AbortSignal;
  readonly attempt: Attempt;
}

/** Sends once. The adapter gets the request in its final form, so that it changes nothing. */
async function transmit(
  { config, inner, signal, attempt }: Sending,
  { method, url, headers, body }: Outgoing<Body>,
): Promise<AxiosAnswer> {
  const adapter = getAdapter(inner, config);
  const kind = kindOf(adapter, config);
  const given = bodyFor(kind, body);
  const limit = kind === "xhr" ? new XhrLimit(attempt, config.onDownloadProgress) : undefined;
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
      signal,
      cancelToken: undefined, // the signal stands for it
      maxRedirects: 0,
      fetchOptions: { ...config.fetchOptions, redirect: "manual" },
      decompress: false,
      responseType: responseTypeFor(kind, config),
      validateStatus: () => true,
      ...(limit && { onDownloadProgress: limit.onDownloadProgress }),
    } as Config);
    return new AxiosAnswer({ ...response, config }, kind);
  } catch (error) {
    if (limit?.error !== undefined) throw limit.error;
    // The config that was sent holds a signature, and a repeat must start from the caller's.
    if (isAxiosError(error)) {
      error.config = config;
      if (error.response !== undefined) error.response.config = config;
    }
    throw error;
  }
}

/** A stream where there can be one: the head of an answer is judged before its content is read. */
function responseTypeFor(kind: Kind, { responseType }: Config): "stream" | "arraybuffer" {
  if (kind === "xhr" || (kind === "fetch" && !canStream())) return "arraybuffer";
  return kind !== undefined || responseType === "stream" ? "stream" : "arraybuffer";
}

/** React Native cannot. */
const canStream = (): boolean =>
  typeof ReadableStream === "function" && new Response("").body instanceof ReadableStream;

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
const wouldFailAgain = (error: unknown): boolean =>
  isAxiosError(error) && (FINAL.has(error.code) || error.message.startsWith("maxContentLength "));
