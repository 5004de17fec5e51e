import { Injectable, type OnModuleInit, RequestMethod, type Type } from "@nestjs/common";
import { DiscoveryService, MetadataScanner, Reflector } from "@nestjs/core";
import { takesVersion } from "../conventions/version.js";
import { OPERATION, type OperationTerms } from "./operation.js";

/** A route of the API, and who may call it. */
export interface RouteAccess {
  readonly method: string;
  readonly path: string;
  readonly terms: OperationTerms;
  /** Whether it needs `If-Match`. */
  readonly takesVersion: boolean;
}

/** All routes. A handler that no `@Operation` describes stops the start. */
@Injectable()
export class Operations implements OnModuleInit {
  readonly #routes: RouteAccess[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  get routes(): readonly RouteAccess[] {
    return this.#routes;
  }

  onModuleInit(): void {
    for (const { instance, metatype } of this.discovery.getControllers()) {
      if (instance === undefined || metatype === null || metatype === undefined) continue;
      const base = pathOf(metatype);
      const prototype = Object.getPrototypeOf(instance) as Record<string, () => unknown>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name];
        const method = handler && (Reflect.getMetadata("method", handler) as number | undefined);
        if (handler === undefined || method === undefined) continue;
        const terms = this.reflector.get<OperationTerms | undefined>(OPERATION, handler);
        const path = `/${[base, pathOf(handler)].filter((part) => part !== "").join("/")}`;
        if (terms === undefined)
          throw new Error(`${RequestMethod[method]} ${path} has no @Operation`);
        this.#routes.push({
          method: RequestMethod[method] ?? "",
          path,
          terms,
          takesVersion: takesVersion(metatype as Type, name),
        });
      }
    }
  }
}

function pathOf(target: object): string {
  const path = Reflect.getMetadata("path", target) as string | undefined;
  return (path ?? "").replaceAll(/^\/|\/$/g, "");
}
