import { CACHE_MANAGER, CacheModule } from "@nestjs/cache-manager";
import { Module, type DynamicModule } from "@nestjs/common";
import type { Cache } from "cache-manager";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { HmacModule, type AppSource, type NonceStore, type Observer } from "@lacre/nestjs";
import { nonceKeyv } from "@lacre/stores/cache";
import { AwsController } from "./aws.controller.js";
import { FORMATS, formatApps, formatControllers, FormatsController } from "./formats.js";
import type { DemoKeys } from "./keys.js";
import { OrdersController } from "./orders.controller.js";
import { UploadsController } from "./uploads.controller.js";

export const AWS_REGION = "eu-central-1";
export const AWS_SERVICE = "orders";

export interface DemoOptions {
  readonly keys: DemoKeys;
  /** Apps that a console keeps, in place of the demo's own. */
  readonly apps?: AppSource;
  readonly origins: readonly string[] | "*";
  readonly observer?: Observer;
  /** False where no request can have been accepted before the start, as in a test. */
  readonly bootFence?: boolean;
  /** Where several processes share their nonces. In memory otherwise, through CacheModule. */
  readonly nonces?: NonceStore;
}

/** A small orders API: two applications that speak LACRE1, one that speaks SigV4, one for each of the other formats. */
@Module({})
export class DemoModule {
  static with({
    keys,
    apps,
    origins,
    observer,
    bootFence = true,
    nonces,
  }: DemoOptions): DynamicModule {
    return {
      module: DemoModule,
      imports: [
        HmacModule.forRootAsync({
          imports: [CacheModule.register({ stores: [nonceKeyv({ fence: bootFence })] })],
          inject: [CACHE_MANAGER],
          useFactory: (cache: Cache) => ({
            apps: apps ?? [
              { appId: "orders", apiKey: keys.orders, scopes: ["orders:delete"] },
              { appId: "reader", apiKey: keys.reader },
              {
                appId: "orders-aws",
                apiKey: keys.aws,
                encoding: "text" as const,
                schemes: ["aws-sigv4"],
              },
              ...formatApps(keys.formats),
            ],
            origins,
            schemes: [
              "lacre1" as const,
              awsSigV4({ region: AWS_REGION, service: AWS_SERVICE }),
              ...FORMATS.map(({ scheme }) => scheme),
            ],
            nonces: nonces ?? cache,
            ...(observer && { observer }),
          }),
        }),
      ],
      controllers: [
        OrdersController,
        UploadsController,
        AwsController,
        FormatsController,
        ...formatControllers,
      ],
      // As a provider it is told of the shutdown.
      providers: observer === undefined ? [] : [{ provide: "observer", useValue: observer }],
    };
  }
}
