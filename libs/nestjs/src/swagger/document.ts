import type { INestApplication, Type } from "@nestjs/common";
import { DiscoveryService, ModuleRef } from "@nestjs/core";
import { ApiSecurity, SwaggerModule, type OpenAPIObject } from "@nestjs/swagger";
import { ConfigurationError, type RoutePolicy } from "@lacre/core";
import type { HmacSettings } from "../hmac.options.js";
import { HMAC_SETTINGS } from "../hmac.tokens.js";
import { RouteTable } from "../route-table.js";
import { describeRefusals, REFUSALS } from "./refusals.js";
import { requirementsOf, securitySchemeOf, type Operation } from "./security.js";

type Config = Parameters<typeof SwaggerModule.createDocument>[1];
type Options = Parameters<typeof SwaggerModule.createDocument>[2];

const MARK = "lacre:";

/**
 * `SwaggerModule.createDocument`, and in it what HmacModule asks of each route: which of them want signed requests,
 * which headers must come with them, and how they refuse. Read from the rules that the guards go by, so that nothing
 * has to be said twice.
 *
 * @example
 * const document = createHmacDocument(app, new DocumentBuilder().setTitle("Orders").build());
 * SwaggerModule.setup("docs", app, document, hmacSwaggerUi());
 * @throws ConfigurationError where there is no HmacModule
 */
export function createHmacDocument(
  app: INestApplication,
  config: Config,
  options?: Options,
): OpenAPIObject {
  const { schemes } = settingsOf(app);
  const policies: RoutePolicy[] = [];
  const unmark = markRoutes(app, policies);
  let document: OpenAPIObject;
  try {
    document = SwaggerModule.createDocument(app, config, options);
  } finally {
    unmark();
  }
  const names = new Set(schemes.map(({ name }) => name));
  const asked = new Set<string>();
  for (const operation of operationsOf(document)) {
    const policy = takeMark(operation, policies);
    if (operation.security?.some((each) => Object.keys(each).some((name) => names.has(name))))
      describe(operation, policy);
    for (const each of operation.security ?? [])
      for (const name of Object.keys(each)) asked.add(name);
  }
  // A document that names what none of its operations takes asks its readers to wonder.
  const named = schemes.filter(({ name }) => asked.has(name));
  document.components = {
    ...document.components,
    responses: { ...REFUSALS, ...document.components?.responses },
    securitySchemes: {
      ...Object.fromEntries(named.map((scheme) => [scheme.name, securitySchemeOf(scheme)])),
      ...document.components?.securitySchemes,
    },
  };
  return document;
}

function settingsOf(app: INestApplication): HmacSettings {
  try {
    // Not app.get: where it finds nothing, Nest ends the process.
    return app.get(ModuleRef).get<HmacSettings>(HMAC_SETTINGS, { strict: false });
  } catch {
    throw new ConfigurationError(
      "createHmacDocument",
      "there is no HmacModule.",
      "Import HmacModule.forRoot(…) in the root module.",
    );
  }
}

/**
 * Leaves on each protected handler a security requirement that leads to its policy, since @nestjs/swagger does not
 * say which handler an operation is. The way back takes it off: another app may share the controller. A method that
 * several controllers inherit is described by the first of their rules that protects it.
 */
function markRoutes(app: INestApplication, policies: RoutePolicy[]): () => void {
  const table = app.get(RouteTable, { strict: false });
  const undo: (() => void)[] = [];
  for (const { metatype } of app.get(DiscoveryService, { strict: false }).getControllers()) {
    if (typeof metatype !== "function") continue;
    for (const method of methodsOf(metatype as Type)) {
      const { policy, isProtected } = table.routeOf(metatype as Type, method);
      if (!isProtected) continue;
      undo.push(metadataKeeper(method));
      const mark = ApiSecurity(`${MARK}${policies.push(policy) - 1}`) as MethodDecorator;
      mark(metatype.prototype as object, method.name, { value: method });
    }
  }
  return () => undo.reverse().forEach((restore) => restore());
}

/** A controller's methods, its ancestors' too. */
function* methodsOf(controller: Type): Iterable<(...args: never[]) => unknown> {
  const seen = new Set(["constructor"]);
  for (
    let level = controller.prototype as object;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object
  )
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value === "function" && !seen.has(name)) yield value as () => unknown;
      seen.add(name);
    }
}

/** What brings a function's metadata back to what they are now. */
function metadataKeeper(target: object): () => void {
  const before = new Map(ownMetadata(target));
  return () => {
    for (const [key] of ownMetadata(target))
      if (!before.has(key)) Reflect.deleteMetadata(key, target);
    for (const [key, value] of before) Reflect.defineMetadata(key, value, target);
  };
}

const ownMetadata = (target: object): [unknown, unknown][] =>
  (Reflect.getOwnMetadataKeys(target) as unknown[]).map((key) => [
    key,
    Reflect.getOwnMetadata(key, target) as unknown,
  ]);

const METHODS = ["get", "post", "put", "delete", "patch", "options", "head"] as const;

function* operationsOf({ paths }: OpenAPIObject): Iterable<Operation> {
  for (const path of Object.values(paths))
    for (const method of METHODS) {
      const operation = path[method];
      if (operation !== undefined) yield operation;
    }
}

/** Puts in place of the mark what it stands for. */
function takeMark(operation: Operation, policies: readonly RoutePolicy[]): RoutePolicy | undefined {
  const { security = [] } = operation;
  const marks = security
    .flatMap((each) => Object.keys(each))
    .filter((name) => name.startsWith(MARK));
  const policy = policies[Number(marks[0]?.slice(MARK.length))];
  if (policy === undefined) return undefined;
  const others = security.filter((each) => !marks.some((mark) => mark in each));
  const named = new Set(others.flatMap((each) => Object.keys(each)));
  const missing = policy.schemes.filter((scheme) => !named.has(scheme));
  operation.security = [...others, ...(missing.length === 0 ? [] : requirementsOf(missing))];
  return policy;
}

/** Set by whoever signs, or by HTTP itself: nobody fills them in. */
const SET_BY_SIGNERS = new Set(["host", "content-digest", "content-type"]);

function describe(operation: Operation, policy: RoutePolicy | undefined): void {
  describeRefusals(operation, policy);
  if (policy === undefined) return;
  const { scopes, signedHeaders, maxAgeSeconds } = policy;
  Object.assign(operation, {
    "x-hmac": {
      schemes: policy.schemes,
      ...(scopes.length > 0 && { scopes }),
      ...(signedHeaders.length > 0 && { signedHeaders }),
      ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    },
  });
  const parameters = (operation.parameters ??= []);
  const known = new Set(
    parameters.flatMap((each) =>
      "in" in each && each.in === "header" ? [each.name.toLowerCase()] : [],
    ),
  );
  for (const name of signedHeaders)
    if (!known.has(name) && !SET_BY_SIGNERS.has(name))
      parameters.push({
        name,
        in: "header",
        required: true,
        description: "Must be signed.",
        schema: { type: "string" },
      });
}
