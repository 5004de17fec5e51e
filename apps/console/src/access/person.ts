import { createParamDecorator, type ExecutionContext } from "@nestjs/common";
import type { Request } from "express";
import { kindOf, OWN_TEAMS_ONLY, type Kind, type Role, type Subrole } from "./roles.js";

/** Who is asking: somebody who has signed in. */
export interface Person {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly subrole: Subrole | undefined;
  readonly teamIds: readonly string[];
  /** The sign-in that the access token came from. */
  readonly sessionId: string;
}

export const kindOfPerson = ({ role, subrole }: Person): Kind => kindOf(role, subrole);

/** Whose things they see: of these teams, or undefined for all. */
export const teamsOf = (person: Person): readonly string[] | undefined =>
  OWN_TEAMS_ONLY.includes(kindOfPerson(person)) ? person.teamIds : undefined;

const PERSON = Symbol("person");
type Asked = Request & { [PERSON]?: Person };

export function notePerson(request: Request, person: Person): void {
  (request as Asked)[PERSON] = person;
}

export const personOf = (request: Request): Person | undefined => (request as Asked)[PERSON];

/** The person who asks. Only in handlers that a person may call. */
export const Asking = createParamDecorator((_: unknown, context: ExecutionContext): Person => {
  const person = personOf(context.switchToHttp().getRequest<Request>());
  if (person === undefined) throw new Error("this route is open to others than people");
  return person;
});
