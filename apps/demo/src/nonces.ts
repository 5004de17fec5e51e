import type { NonceStore } from "@lacre/nestjs";

/** The shared store that the environment names, if it names one: REDIS_URL or DATABASE_URL. */
export async function nonceStoreFrom(env: NodeJS.ProcessEnv): Promise<NonceStore | undefined> {
  if (env.REDIS_URL) {
    const { RedisNonceStore } = await import("@lacre/stores/redis");
    return new RedisNonceStore({ url: env.REDIS_URL });
  }
  if (env.DATABASE_URL) {
    const { PostgresNonceStore } = await import("@lacre/stores/postgres");
    return new PostgresNonceStore({ connectionString: env.DATABASE_URL });
  }
  return undefined;
}
