import { Injectable, type CanActivate, type ExecutionContext } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type { Request } from "express";
import { Problem } from "../problems/problem.js";
import { AccessTokens } from "../sign-in/access-tokens.js";
import { OPERATION, type OperationTerms } from "./operation.js";
import { kindOfPerson, notePerson } from "./person.js";
import { may } from "./roles.js";

/** Stands before every route. What a service may do, `HmacGuard` says; what a sign-in brings, its handler judges. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: AccessTokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const terms = this.reflector.get<OperationTerms | undefined>(OPERATION, context.getHandler());
    if (terms === undefined) throw new Error("a route without @Operation cannot be called");
    const { access } = terms;
    if (access.by !== "person") return true;

    const request = context.switchToHttp().getRequest<Request>();
    const person = await this.tokens.read(bearerOf(request));
    if (!may(kindOfPerson(person), access.permission)) throw new Problem("not-allowed");
    notePerson(request, person);
    return true;
  }
}

function bearerOf(request: Request): string {
  const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token === undefined) throw new Problem("not-signed-in");
  return token;
}
