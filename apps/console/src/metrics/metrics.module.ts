import { Global, Module } from "@nestjs/common";
import { ConsoleMetrics } from "./console-metrics.js";
import { HealthController } from "./health.controller.js";
import { MetricsController } from "./metrics.controller.js";

/** What machines ask about the console itself. */
@Global()
@Module({
  controllers: [HealthController, MetricsController],
  providers: [ConsoleMetrics],
  exports: [ConsoleMetrics],
})
export class MetricsModule {}
