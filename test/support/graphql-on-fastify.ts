import { AbstractGraphQLDriver, type GqlModuleOptions } from "@nestjs/graphql";
import { graphql, type GraphQLSchema } from "graphql";

/**
 * Serves GraphQL on Fastify. It stands in for Apollo's own integration, which is not installed here; resolvers, guards
 * and execution are the real ones. As Apollo's does, it takes batches, and leaves Fastify's request in the context.
 */
export class GraphqlOnFastify extends AbstractGraphQLDriver {
  start(options: GqlModuleOptions): Promise<void> {
    const { schema } = options as { schema: GraphQLSchema };
    const run = ({ query, variables }: Operation, req: unknown): unknown =>
      graphql({ schema, source: query, variableValues: variables, contextValue: { req } });
    this.httpAdapterHost.httpAdapter.post("/graphql", async (req: Request, reply: Reply) => {
      const answer = Array.isArray(req.body)
        ? await Promise.all(req.body.map((operation) => run(operation, req)))
        : await run(req.body, req);
      await reply.send(answer);
    });
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

interface Operation {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}
interface Request {
  readonly body: Operation | Operation[];
}
interface Reply {
  send(answer: unknown): Promise<void>;
}
