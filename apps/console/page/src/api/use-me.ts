import { createContext, useContext } from "react";
import type { Permission } from "../../../src/access/roles.js";
import type { Me } from "./shapes.js";

export const MeContext = createContext<Me | undefined>(undefined);

/** The person who has signed in, and what they may do. */
export function useMe(): Me & { may: (permission: Permission) => boolean } {
  const me = useContext(MeContext);
  if (me === undefined) throw new Error("nobody has signed in");
  return { ...me, may: (permission) => me.permissions.includes(permission) };
}
