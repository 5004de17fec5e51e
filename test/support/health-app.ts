import { Controller, Get } from "@nestjs/common";
import { HealthCheckService } from "@nestjs/terminus";
import { HmacProtected } from "@lacre/nestjs";
import { HmacHealthIndicator } from "@lacre/nestjs/terminus";

/** What a balancer asks. */
@Controller("health")
export class HealthController {
  /** How often it was asked, in this file of tests. */
  static checks = 0;
  constructor(
    private readonly health: HealthCheckService,
    private readonly hmac: HmacHealthIndicator,
  ) {}
  @Get()
  check() {
    HealthController.checks += 1;
    return this.health.check([() => this.hmac.isHealthy("hmac")]);
  }
}

/** One protected route: `GET /orders`. */
@Controller("orders")
@HmacProtected()
export class OrdersController {
  @Get()
  list() {
    return "ran";
  }
}
