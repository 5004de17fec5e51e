/** The part of aws4 1.13 that the tests use; the package has no types of its own. */
declare module "aws4" {
  export interface Request {
    method?: string;
    path?: string;
    service?: string;
    region?: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
    extraHeadersToIgnore?: Record<string, boolean>;
  }
  export interface Credentials {
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken?: string;
  }
  export function sign<T extends Request>(
    request: T,
    credentials: Credentials,
  ): T & { path: string; headers: Record<string, string> };
}
