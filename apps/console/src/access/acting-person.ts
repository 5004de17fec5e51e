import { createParamDecorator, type ExecutionContext } from "@nestjs/common";
import type { Request } from "express";
import type { Actor } from "../audit/actor.js";
import { personOf, type Person } from "./person.js";

/** Somebody who has signed in and changes something. */
export interface ActingPerson extends Actor {
  readonly person: Person;
}

/** The person who asks for a change. Only in handlers that a person may call. */
export const Changing = createParamDecorator(
  (_: unknown, context: ExecutionContext): ActingPerson => {
    const request = context.switchToHttp().getRequest<Request>();
    const person = personOf(request);
    if (person === undefined) throw new Error("this route is open to others than people");
    return { id: person.id, address: request.ip ?? null, person };
  },
);
