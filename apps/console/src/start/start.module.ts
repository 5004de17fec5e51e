import { Module } from "@nestjs/common";
import { DiscoveryModule } from "@nestjs/core";
import { StartupTasks } from "./startup-task.js";

/** What a start does beside opening the doors. */
@Module({ imports: [DiscoveryModule], providers: [StartupTasks], exports: [StartupTasks] })
export class StartModule {}
