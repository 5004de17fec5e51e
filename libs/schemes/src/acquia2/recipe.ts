import type { MacRecipe } from "@lacre/core/scheme";

/** The MAC of requests and of responses. */
export const RECIPE: MacRecipe = { algorithm: "sha256", encoding: "base64" };
