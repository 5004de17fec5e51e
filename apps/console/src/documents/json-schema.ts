import { z } from "zod";

export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** Schemas of one document: those with a name stand in it once. */
export class DocumentSchemas {
  readonly named: Record<string, JsonSchema> = {};

  /** @param io as it is sent to the console, or as it comes back */
  of(type: z.ZodType, io: "input" | "output"): JsonSchema {
    const { $schema: _, $defs, ...schema } = z.toJSONSchema(type, { io, unrepresentable: "any" });
    for (const [name, named] of Object.entries($defs ?? {})) this.named[name] = placed(named);
    return placed(schema);
  }
}

/** zod puts what has a name beside each schema; a document has one place for all. */
const placed = (schema: object): JsonSchema =>
  JSON.parse(
    JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as JsonSchema;
