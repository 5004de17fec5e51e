import { ConfigurableModuleBuilder } from "@nestjs/common";
import type { HmacModuleOptions } from "./hmac.options.js";

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: HMAC_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<HmacModuleOptions>({ optionsInjectionToken: Symbol.for("lacre.hmac.options") as never })
  .setClassMethodName("forRoot")
  .setFactoryMethodName("createHmacOptions")
  .build();
