import { Agent } from "node:http";
import { HmacHttpModule } from "@lacre/client/nest";
import { HttpService } from "@nestjs/axios";
import { Test, type TestingModule } from "@nestjs/testing";
import { firstValueFrom } from "rxjs";
import { axiosBody, describeClient } from "./matrix.js";

describeClient({
  name: "HmacHttpModule",
  retries: true,
  redirects: true,
  start(options) {
    const httpAgent = new Agent({ keepAlive: true });
    let module: Promise<TestingModule> | undefined;
    return {
      async call({ method, url, headers = {}, body, timeoutMs }) {
        module ??= Test.createTestingModule({
          imports: [
            HmacHttpModule.register({
              ...options,
              axios: { httpAgent, responseType: "text", validateStatus: () => true },
            }),
          ],
        }).compile();
        const { status, data } = await firstValueFrom(
          (await module).get(HttpService).request<string>({
            method,
            url,
            headers,
            ...(body && { data: axiosBody(body) }),
            ...(timeoutMs !== undefined && { timeout: timeoutMs }),
          }),
        );
        return { status, text: data };
      },
      async close() {
        httpAgent.destroy();
        await (await module)?.close();
      },
    };
  },
});
