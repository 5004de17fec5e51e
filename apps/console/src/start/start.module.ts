import { Module } from "@nestjs/common";
import { APP_INTERCEPTOR, DiscoveryModule } from "@nestjs/core";
import { AuditModule } from "../audit/audit.module.js";
import { Ending } from "./ending.js";
import { NoteOrigin } from "./known-origin.js";
import { RunningHandlers } from "./running-handlers.js";
import { StartupTasks } from "./startup-task.js";

/** What a start does beside opening the doors, and what an end does beside closing them. */
@Module({
  imports: [AuditModule, DiscoveryModule],
  providers: [
    Ending,
    NoteOrigin,
    RunningHandlers,
    { provide: APP_INTERCEPTOR, useExisting: RunningHandlers },
    StartupTasks,
  ],
  exports: [StartupTasks],
})
export class StartModule {}
