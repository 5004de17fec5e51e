import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { request } from "node:http";
import { join } from "node:path";
import { createContext, runInContext, type Context } from "node:vm";
import { build, type Plugin } from "esbuild";

/**
 * React Native's own JavaScript, in a context with nothing else than what its engine has, and with Node in place of the
 * phone: sockets, and the bytes of Blobs.
 */
export class ReactNative {
  readonly #folder: string;
  readonly #context: Context;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#context = createContext({
      ...OF_HERMES,
      __modules: phone((event, details) => {
        const emitter = runInContext("__rctDeviceEventEmitter", this.#context) as Emitter;
        emitter.emit(event, details);
      }),
      __polyfills: { crypto: globalThis.crypto, TextDecoder },
    });
  }

  /** @param folder has `react-native`, `flow-remove-types` and what is bundled here in its `node_modules` */
  static async start(folder: string): Promise<ReactNative> {
    const native = new ReactNative(folder);
    await native.load(
      ["setUpGlobals", "setUpXHR", "setUpNavigator"]
        .map((name) => `import "react-native/Libraries/Core/${name}";`)
        .join("\n"),
    );
    return native;
  }

  /** Bundles a program as for React Native, and runs it. What it exports is then in `bundle`. */
  async load(contents: string): Promise<void> {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: this.#folder },
      bundle: true,
      write: false,
      format: "iife",
      globalName: "bundle",
      platform: "neutral",
      conditions: ["react-native"],
      mainFields: ["react-native", "browser", "main"],
      resolveExtensions: [".ios.js", ".native.js", ".js", ".json"],
      define: { global: "globalThis", __DEV__: "false" },
      plugins: [asMetro(this.#folder)],
      logLevel: "silent",
    });
    runInContext(outputFiles[0]?.text ?? "", this.#context);
  }

  /** What a function's content returns there. */
  async run(code: string): Promise<unknown> {
    return runInContext(`(async () => { ${code} })()`, this.#context);
  }
}

/** What the engine has beside the language. */
const OF_HERMES = {
  ...{ atob, btoa, console, TextEncoder },
  ...{ setTimeout, clearTimeout, setInterval, clearInterval, setImmediate },
  performance: { now: () => performance.now() },
};

/** Takes Flow's types out, and leads to what stands in for native modules. */
function asMetro(folder: string): Plugin {
  const removeTypes = createRequire(join(folder, "x.js"))("flow-remove-types") as (
    source: string,
    options: { all: true },
  ) => { toString(): string };
  const get = "export const get = (name) => globalThis.__modules[name] ?? null;";
  const standIns: Readonly<Record<string, string>> = {
    TurboModuleRegistry: `${get} export const getEnforcing = get;`,
    "react-native":
      'export const NativeModules = globalThis.__modules; export const Platform = { OS: "ios" };',
    "react-native-quick-crypto":
      "export const install = () => { globalThis.crypto = globalThis.__polyfills.crypto; };",
  };
  return {
    name: "as-metro",
    setup(set) {
      set.onResolve(
        { filter: /(?:^|\/)(?:TurboModuleRegistry|react-native|react-native-quick-crypto)$/ },
        ({ path }) => ({ path: path.replace(/^.*\//, ""), namespace: "stand-in" }),
      );
      set.onLoad({ filter: /./, namespace: "stand-in" }, ({ path }) => ({
        contents: standIns[path] as string,
      }));
      set.onLoad({ filter: /\/react-native\/.*\.js$/ }, async ({ path }) => ({
        contents: removeTypes(await readFile(path, "utf8"), { all: true }).toString(),
      }));
    },
  };
}

interface Emitter {
  emit(event: string, details: readonly unknown[]): void;
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly data: { string?: string; base64?: string; blob?: { blobId: string } };
  readonly responseType: string;
}

/** The native modules that sending needs. */
function phone(emit: Emitter["emit"]): Readonly<Record<string, object>> {
  const blobs = new Map<string, Buffer>();
  const blobOf = (id: string): Buffer => blobs.get(id) ?? Buffer.alloc(0);
  let requests = 0;
  const contentOf = ({ string, base64, blob }: Asked["data"]): Buffer =>
    blob === undefined
      ? Buffer.from(string ?? base64 ?? "", string === undefined ? "base64" : "utf8")
      : blobOf(blob.blobId);
  const nothing = (): void => {};
  return {
    BlobModule: {
      getConstants: () => ({ BLOB_URI_SCHEME: "blob", BLOB_URI_HOST: null }),
      addNetworkingHandler: nothing,
      createFromParts: (
        parts: readonly { type: string; data: string & { blobId: string } }[],
        id: string,
      ) =>
        blobs.set(
          id,
          Buffer.concat(
            parts.map(({ type, data }) =>
              type === "string" ? Buffer.from(data) : blobOf(data.blobId),
            ),
          ),
        ),
      release: (id: string) => blobs.delete(id),
    },
    FileReaderModule: {
      readAsDataURL: async ({ blobId }: { blobId: string }) =>
        `data:;base64,${blobOf(blobId).toString("base64")}`,
      readAsText: async ({ blobId }: { blobId: string }) => blobOf(blobId).toString(),
    },
    Networking: {
      sendRequest(asked: Asked, started: (id: number) => void) {
        const id = ++requests;
        started(id);
        const { method, url, headers, data } = asked;
        const ended = (error: string | null): void =>
          emit("didCompleteNetworkResponse", [id, error, false]);
        request(url, { method, headers }, (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("end", () => {
            const all = Buffer.concat(parts);
            blobs.set(`answer-${id}`, all);
            const blob = { blobId: `answer-${id}`, offset: 0, size: all.length, type: "" };
            emit("didReceiveNetworkResponse", [id, answer.statusCode, answer.headers, url]);
            const text = asked.responseType === "base64" ? "base64" : "utf8";
            const given = asked.responseType === "blob" ? blob : all.toString(text);
            emit("didReceiveNetworkData", [id, given]);
            ended(null);
          });
        })
          .on("error", (error) => ended(String(error)))
          .end(contentOf(data));
      },
      abortRequest: nothing,
      addListener: nothing,
      removeListeners: nothing,
    },
    WebSocketModule: { addListener: nothing, removeListeners: nothing },
  };
}
