import type { WireRequest } from "./wire.js";

/*
 * What AWS makes of a request before it calls a Lambda function, written after its documentation of each event; the
 * services themselves are not here. What they do to path and query is what their users report of them: REST APIs,
 * function URLs and load balancers leave the path as it was sent, HTTP APIs decode it; REST APIs decode the query into
 * a table, load balancers make the table and decode nothing, the others also hand over the query as it was sent.
 */

/** An event of one of the four, and the parts of it that all have. */
export type AwsEvent = Readonly<Record<string, unknown>> & {
  readonly body?: string | null;
  readonly isBase64Encoded: boolean;
};

export interface AwsAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

type Pair = readonly [name: string, value: string];
type Table = Readonly<Record<string, string[]>>;

/** Integration requests of API Gateway, REST API: payload of Lambda proxy integrations. */
function restApi(request: WireRequest): AwsEvent {
  const { path, query } = partsOf(request);
  const headers = table(request.headers);
  const parameters = table(query.map(([name, value]) => [decoded(name), decoded(value)]));
  return {
    resource: "/{proxy+}",
    path,
    httpMethod: request.method,
    headers: last(headers),
    multiValueHeaders: headers,
    queryStringParameters: query.length === 0 ? null : last(parameters),
    multiValueQueryStringParameters: query.length === 0 ? null : parameters,
    pathParameters: { proxy: decodeURIComponent(path.slice(1)) },
    stageVariables: null,
    requestContext: {
      accountId: "123456789012",
      apiId: "1234567890",
      httpMethod: request.method,
      identity: { sourceIp: "192.0.2.1", userAgent: null },
      path: `/prod${path}`,
      protocol: "HTTP/1.1",
      requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
      resourceId: "123456",
      resourcePath: "/{proxy+}",
      stage: "prod",
    },
    ...content(request, null),
  };
}

/** API Gateway, HTTP API: payload format version 2.0. */
const httpApi = (request: WireRequest): AwsEvent => version2(request, decodeURIComponent);

/** Lambda function URLs have the same format. */
const functionUrl = (request: WireRequest): AwsEvent => version2(request, (path) => path);

function version2(request: WireRequest, asPath: (path: string) => string): AwsEvent {
  const { path, search, query } = partsOf(request);
  const rawPath = asPath(path);
  const parameters = table(query.map(([name, value]) => [decoded(name), decoded(value)]));
  const cookies = request.headers.filter(([name]) => name.toLowerCase() === "cookie");
  const rest = request.headers.filter(([name]) => name.toLowerCase() !== "cookie");
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString: search,
    ...(cookies.length > 0 && { cookies: cookies.flatMap(([, value]) => value.split("; ")) }),
    headers: joined(table(lowerCased(rest))),
    ...(query.length > 0 && { queryStringParameters: joined(parameters) }),
    requestContext: {
      accountId: "123456789012",
      apiId: "api-id",
      domainName: "id.execute-api.eu-central-1.amazonaws.com",
      http: {
        method: request.method,
        path: rawPath,
        protocol: "HTTP/1.1",
        sourceIp: "192.0.2.1",
        userAgent: "agent",
      },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey: "$default",
      stage: "$default",
      timeEpoch: 1583348638390,
    },
    ...content(request, undefined),
  };
}

/** Application Load Balancer, without multi-value headers: of what is repeated, the last. */
function loadBalancer(request: WireRequest): AwsEvent {
  const { path, query } = partsOf(request);
  return {
    requestContext: { elb: { targetGroupArn: "arn:aws:elasticloadbalancing:eu-central-1:1:x" } },
    httpMethod: request.method,
    path,
    queryStringParameters: last(table(query)),
    headers: last(table(lowerCased(request.headers))),
    ...content(request, ""),
  };
}

/** Application Load Balancer whose target group has multi-value headers. */
function loadBalancerMulti(request: WireRequest): AwsEvent {
  const { queryStringParameters: _q, headers: _h, ...rest } = loadBalancer(request);
  return {
    ...rest,
    multiValueQueryStringParameters: table(partsOf(request).query),
    multiValueHeaders: table(lowerCased(request.headers)),
  } as AwsEvent;
}

/** What a request becomes on its way to a Lambda function. */
export const AWS_EVENTS = {
  "REST API": restApi,
  "HTTP API": httpApi,
  "function URL": functionUrl,
  "load balancer": loadBalancer,
  "load balancer, multi-value": loadBalancerMulti,
} satisfies Readonly<Record<string, (request: WireRequest) => AwsEvent>>;

export type AwsSource = keyof typeof AWS_EVENTS;

const decoded = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));

function partsOf({ target }: WireRequest) {
  const [path = "", ...rest] = target.split("?");
  const search = rest.join("?");
  const query = search
    .split("&")
    .filter((part) => part !== "")
    .map((part): Pair => {
      const [name = "", ...value] = part.split("=");
      return [name, value.join("=")];
    });
  return { path, search, query };
}

const lowerCased = (headers: WireRequest["headers"]): Pair[] =>
  headers.map(([name, value]) => [name.toLowerCase(), value]);

function table(pairs: readonly Pair[]): Table {
  const made: Record<string, string[]> = {};
  for (const [name, value] of pairs) (made[name] ??= []).push(value);
  return made;
}

const mapped = (from: Table, value: (values: readonly string[]) => string | undefined) =>
  Object.fromEntries(Object.entries(from).map(([name, values]) => [name, value(values)]));
const last = (from: Table) => mapped(from, (values) => values.at(-1));
const joined = (from: Table) => mapped(from, (values) => values.join(","));

/** Text stays text; everything else is base64. */
function content({ headers, body }: WireRequest, none: string | null | undefined) {
  const valueOf = (wanted: string) =>
    headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? "";
  if (body === undefined)
    return { ...(none !== undefined && { body: none }), isBase64Encoded: false };
  const isText =
    /^(?:text\/|application\/(?:json|javascript|xml))/.test(valueOf("content-type")) &&
    valueOf("content-encoding") === "";
  const bytes = Buffer.from(body);
  return { body: bytes.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
}
