import { Module } from "@nestjs/common";
import { CredentialsModule } from "../credentials/credentials.module.js";
import { Rewrap } from "./rewrap.js";

/** Secrets at rest, and the master key over them. */
@Module({ imports: [CredentialsModule], providers: [Rewrap], exports: [Rewrap] })
export class VaultModule {}
