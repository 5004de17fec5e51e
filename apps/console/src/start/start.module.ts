import { Module } from "@nestjs/common";
import { DiscoveryModule } from "@nestjs/core";
import { NoteOrigin } from "./known-origin.js";
import { StartupTasks } from "./startup-task.js";

/** What a start does beside opening the doors. */
@Module({
  imports: [DiscoveryModule],
  providers: [StartupTasks, NoteOrigin],
  exports: [StartupTasks],
})
export class StartModule {}
