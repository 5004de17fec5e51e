import { Module } from "@nestjs/common";
import { CredentialsModule } from "../credentials/credentials.module.js";
import { MasterKeyChecks } from "./master-key-checks.js";
import { Rewrap } from "./rewrap.js";

/** Secrets at rest, and the master key over them. */
@Module({ imports: [CredentialsModule], providers: [MasterKeyChecks, Rewrap], exports: [Rewrap] })
export class VaultModule {}
