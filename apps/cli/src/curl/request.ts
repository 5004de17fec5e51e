import { UsageError } from "../exit.js";
import {
  formatUrl,
  readWrittenUrl,
  seenFrom,
  withQuery,
  type WrittenUrl,
} from "../http/written-url.js";
import type { DescribedRequest } from "../signing.js";
import type { Sources } from "../sources.js";
import { readCurlArguments, type CurlOption } from "./arguments.js";
import { readUpload, sendSpooled, withFileName, type CurlBody } from "./body.js";
import { isData, readCurlData } from "./data.js";
import { isForm, readCurlForm, type CurlForm } from "./form.js";
import { readCurlHeaders } from "./headers.js";
import { changesFirstRequest, refuseUnsignable } from "./refused-options.js";

/** What curl is asked to send, and the arguments with which it sends exactly that. */
export interface CurlRequest {
  readonly request: DescribedRequest;
  /** Without the signature. */
  readonly words: readonly string[];
  /** What curl reads from its standard input. */
  readonly input?: Buffer;
  /** The file that holds the content, where the request has only its digest. */
  readonly file?: string;
  readonly options: readonly CurlOption[];
}

/** Where the arguments come from. */
interface CurlContext {
  /** Whether they are of a command that carries its signature, and is only looked at. */
  readonly alreadySigned?: boolean;
  /** Where the API is, for a path in place of a URL. */
  readonly baseUrl?: string;
  /** Whether the answer is kept until it is checked, so that where it goes is not for curl. */
  readonly verifyResponse?: boolean;
}

/**
 * Understands the user's arguments for curl.
 * @throws UsageError for what cannot be signed
 */
export async function readCurlRequest(
  args: readonly string[],
  sources: Sources,
  { alreadySigned = false, baseUrl, verifyResponse = false }: CurlContext = {},
): Promise<CurlRequest> {
  const { options, urls } = readCurlArguments(args);
  refuseUnsignable(alreadySigned ? options.filter(changesFirstRequest) : options);
  const forms = options.filter(isForm);
  if (alreadySigned) refuseSignedForm(forms);
  const data = options.filter(isData);
  const uploads = options.filter(({ name }) => name === "upload-file");
  refuseConflicts(options, data, uploads, forms);

  const headers = await readCurlHeaders(options, sources, { alreadySigned });
  const form =
    forms.length > 0 ? readCurlForm(forms, sources, isOn(options, "form-escape")) : undefined;
  if (form !== undefined && headers.decided.has("content-type"))
    throw new UsageError(
      "The Content-Type of a form names its boundary, which is made here. Leave out your own.",
    );
  const added = addedByCurl(options, data, form).filter(
    ([name]) => !headers.decided.has(name.toLowerCase()),
  );
  const [upload] = uploads.map(({ value = "" }) => value);
  const sent = data.length > 0 ? await readCurlData(data, sources) : undefined;

  let url = onlyUrl(
    urls.map((each) => seenFrom(baseUrl, each)),
    options,
  );
  const method = methodOf(options, [...data, ...forms], upload);
  let body: CurlBody = { words: [] };
  if (sent !== undefined && isOn(options, "get")) url = withQuery(url, queryOf(sent.bytes));
  else if (sent !== undefined) body = { ...sent, content: sent.bytes };
  else if (form !== undefined) body = sendSpooled(await sources.keep(form.chunks), url, method);
  else if (upload !== undefined) {
    url = withFileName(url, upload);
    body = await readUpload(upload, sources);
  }

  const formatted = formatUrl(url);
  return {
    request: {
      method,
      url: { ...url, target: valueOf(options, "request-target") ?? url.target },
      headers: [...headers.lines, ...added],
      content: body.content,
    },
    words: [
      "--disable", // counts only as the first; ~/.curlrc could change what is sent
      ...options
        .filter((option) => isPassedOn(option) && !(verifyResponse && option.name === "output"))
        .flatMap(({ words }) => words),
      ...added.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
      ...body.words,
      "--path-as-is",
      ...(/[[\]{}]/.test(formatted + (body.file ?? upload ?? "")) ? ["--globoff"] : []),
      "--url",
      formatted,
    ],
    input: body.input,
    file: body.file,
    options,
  };
}

const isPassedOn = (option: CurlOption): boolean =>
  !isData(option) &&
  !isForm(option) &&
  !["get", "upload-file", "path-as-is", "globoff"].includes(option.name);

const isOn = (options: readonly CurlOption[], name: string): boolean =>
  options.findLast((option) => option.name === name)?.on ?? false;

const valueOf = (options: readonly CurlOption[], name: string): string | undefined =>
  options.findLast((option) => option.name === name)?.value;

function methodOf(
  options: readonly CurlOption[],
  data: readonly CurlOption[],
  upload: string | undefined,
): string {
  const asked = valueOf(options, "request");
  if (asked !== undefined) return asked;
  if (isOn(options, "head")) return "HEAD";
  if (upload !== undefined) return "PUT";
  return data.length > 0 && !isOn(options, "get") ? "POST" : "GET";
}

/** The headers that curl adds to the content, which must be signed. */
function addedByCurl(
  options: readonly CurlOption[],
  data: readonly CurlOption[],
  form: CurlForm | undefined,
): [string, string][] {
  if (form !== undefined) return [["Content-Type", form.type]];
  if (data.length === 0 || isOn(options, "get")) return [];
  if (!data.some(({ name }) => name === "json"))
    return [["Content-Type", "application/x-www-form-urlencoded"]];
  return [
    ["Content-Type", "application/json"],
    ["Accept", "application/json"],
  ];
}

function queryOf(data: Buffer): string {
  const query = data.toString("latin1");
  if (/[^\x21-\x7e]|#/.test(query))
    throw new UsageError(
      "-G puts the data into the URL, where it must be percent-encoded. Use --data-urlencode.",
    );
  return query;
}

function onlyUrl(urls: readonly string[], options: readonly CurlOption[]): WrittenUrl {
  const [text, second] = urls;
  if (text === undefined) throw new UsageError("There is no URL among curl's arguments.");
  if (second !== undefined)
    throw new UsageError(
      "There are two URLs. Each request needs its own signature: run lacre for each.",
    );
  const scheme = valueOf(options, "proto-default") ?? "http";
  const guessed = /^(?:ftp|dict|ldap|imap|smtp|pop3)\./i.test(text) ? undefined : scheme;
  return readWrittenUrl(text, guessed === "http" || guessed === "https" ? guessed : undefined);
}

function refuseConflicts(
  options: readonly CurlOption[],
  data: readonly CurlOption[],
  uploads: readonly CurlOption[],
  forms: readonly CurlOption[],
): void {
  const get = isOn(options, "get");
  const kinds = [
    data.length > 0 && !get,
    uploads.length > 0,
    forms.length > 0,
    isOn(options, "head"),
  ].filter(Boolean);
  if (kinds.length > 1 || (get && uploads.length + forms.length > 0))
    throw new UsageError(
      "curl takes only one of data (-d, --json), a form (-F), an upload (-T) and -I at a time. Leave the others out.",
    );
  if (uploads.length > 1)
    throw new UsageError(
      "There are two uploads. Each request needs its own signature: run lacre for each.",
    );
  if (get && data.some(({ name }) => name === "json"))
    throw new UsageError(
      "--json makes content, and -G would put it into the URL. Leave one of them out.",
    );
}

/** The boundary of a command that carries its signature was curl's own, and is gone. */
function refuseSignedForm([first]: readonly CurlOption[]): void {
  if (first !== undefined)
    throw new UsageError(
      `curl's ${first.words[0]} makes a boundary that is known only to curl, so its content cannot be looked at. Record the request as it was sent.`,
    );
}
