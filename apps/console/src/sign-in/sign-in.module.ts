import { Module } from "@nestjs/common";
import { AccessTokens } from "./access-tokens.js";

/** How people prove who they are. */
@Module({ providers: [AccessTokens], exports: [AccessTokens] })
export class SignInModule {}
