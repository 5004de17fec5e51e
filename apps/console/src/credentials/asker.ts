import { createParamDecorator, type ExecutionContext } from "@nestjs/common";
import type { Request } from "express";
import { personOf, type Person } from "../access/person.js";

/** Who asks for a change, and from where: what the audit log says of it. */
export interface Asker {
  readonly person: Person;
  readonly address: string | undefined;
}

/** The person who asks for a change. Only in handlers that a person may call. */
export const Changing = createParamDecorator((_: unknown, context: ExecutionContext): Asker => {
  const request = context.switchToHttp().getRequest<Request>();
  const person = personOf(request);
  if (person === undefined) throw new Error("this route is open to others than people");
  return { person, address: request.ip };
});
