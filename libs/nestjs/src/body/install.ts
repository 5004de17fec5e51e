import { Inject, Injectable } from "@nestjs/common";
import { DiscoveryService, HttpAdapterHost } from "@nestjs/core";
import { ConfigurationError } from "@lacre/core";
import { Gate } from "@lacre/node";
import { HMAC_SETTINGS } from "../hmac.tokens.js";
import { RouteTable } from "../route-table.js";
import { ContactDoor, markVersioned } from "./contact-door.js";
import { Door } from "./door.js";
import type { Doors } from "./doors.js";
import { installOnExpress } from "./express.js";
import { installOnFastify } from "./fastify.js";

/** Installs tap and door on the app's HTTP adapter, before anything else can be installed on it. */
@Injectable()
export class BodyCapture {
  constructor(
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(Gate) gate: Gate,
    @Inject(RouteTable) table: RouteTable,
    @Inject(DiscoveryService) discovery: DiscoveryService,
  ) {
    if (discovery.getProviders().filter(({ token }) => token === HMAC_SETTINGS).length > 1)
      throw new ConfigurationError(
        "HmacModule",
        "is configured twice.",
        "Call forRoot once, in the root module.",
      );
    const doors = { door: new Door(gate, table), contacts: new ContactDoor(gate, table) };
    // NestFactory sets the adapter before providers are made; a testing module sets it later. Not in subscribe()
    // when it is there already: rxjs would swallow what is thrown.
    if (host.httpAdapter) install(host, gate, doors);
    else host.init$.subscribe(() => install(host, gate, doors));
  }
}

function install({ httpAdapter }: HttpAdapterHost, gate: Gate, doors: Doors): void {
  const type: string = httpAdapter?.getType?.() ?? "none";
  if (doors.contacts.isNeeded && httpAdapter) markVersioned(httpAdapter);
  if (type === "express") installOnExpress(httpAdapter, gate, doors);
  else if (type === "fastify") installOnFastify(httpAdapter, gate, doors);
  else if (httpAdapter)
    throw new ConfigurationError(
      "HmacModule",
      `cannot see bodies on the adapter "${type}".`,
      "Use Express or Fastify.",
    );
}
