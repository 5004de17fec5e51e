import { Module } from "@nestjs/common";
import { AnnounceHead } from "./announce-head.js";
import { AuditExport } from "./audit-export.js";
import { AuditLog } from "./audit-log.js";
import { AuditController } from "./audit.controller.js";
import { GuardLog } from "./guard-log.js";

/** What people did, in a log that shows when somebody has changed it. */
@Module({
  controllers: [AuditController],
  providers: [AuditLog, AuditExport, AnnounceHead, GuardLog],
  exports: [AnnounceHead, AuditLog],
})
export class AuditModule {}
