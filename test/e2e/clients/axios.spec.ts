import { Agent } from "node:http";
import { signAxios } from "@lacre/client/axios";
import axios from "axios";
import { axiosBody, describeClient } from "./matrix.js";

for (const adapter of ["http", "fetch"] as const)
  describeClient({
    name: `axios (${adapter})`,
    retries: true,
    redirects: true,
    start(options) {
      const httpAgent = new Agent({ keepAlive: true });
      const instance = axios.create({
        adapter,
        httpAgent,
        responseType: "text",
        validateStatus: () => true,
      });
      signAxios(instance, options);
      return {
        async call({ method, url, headers = {}, body, timeoutMs }) {
          const { status, data } = await instance.request<string>({
            method,
            url,
            headers,
            ...(body && { data: axiosBody(body) }),
            ...(timeoutMs !== undefined && { timeout: timeoutMs }),
          });
          return { status, text: data };
        },
        async close() {
          httpAgent.destroy();
        },
      };
    },
  });
