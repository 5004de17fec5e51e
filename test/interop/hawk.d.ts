/** The part of hawk 9.0 that the tests use; the package has no types of its own. */
declare module "hawk" {
  export interface Credentials {
    id: string;
    key: string;
    algorithm: "sha1" | "sha256";
  }
  export interface Artifacts {
    readonly ts: number | string;
    readonly nonce: string;
    readonly hash?: string;
  }
  interface Answer {
    readonly headers: Readonly<Record<string, string | undefined>>;
  }
  interface Accepted {
    readonly credentials: Credentials;
    readonly artifacts: Artifacts;
  }
  type FindCredentials = (id: string) => Promise<Credentials | null>;

  const hawk: {
    client: {
      header(
        uri: string,
        method: string,
        options: {
          credentials: Credentials;
          timestamp?: number;
          nonce?: string;
          payload?: string | Buffer;
          contentType?: string;
          ext?: string;
          app?: string;
          dlg?: string;
        },
      ): { header: string; artifacts: Artifacts };
      authenticate(
        response: Answer,
        credentials: Credentials,
        artifacts: Artifacts,
        options?: { payload?: string | Buffer; required?: boolean },
      ): { headers: Record<string, Record<string, string>> };
    };
    server: {
      authenticate(
        request: import("node:http").IncomingMessage,
        find: FindCredentials,
        options?: {
          payload?: string | Buffer;
          nonceFunc?: (key: string, nonce: string, ts: string) => Promise<void>;
        },
      ): Promise<Accepted>;
      header(
        credentials: Credentials,
        artifacts: Artifacts,
        options?: { payload?: string | Buffer; contentType?: string; ext?: string },
      ): string;
    };
    uri: {
      authenticate(
        request: import("node:http").IncomingMessage,
        find: FindCredentials,
      ): Promise<{ credentials: Credentials }>;
      getBewit(
        uri: string,
        options: { credentials: Credentials; ttlSec: number; ext?: string },
      ): string;
    };
  };
  export default hawk;
}
