import { Problem } from "../problems/problem.js";
import { Invitations } from "../sign-in/invitations.js";
import type { TerminalCommand } from "./terminal-command.js";

/** Makes a link by which somebody enrols anew: the way back for the only admin, who has lost phone and codes. */
export const INVITE: TerminalCommand = {
  name: "invite",
  summary: "makes a link by which a person enrols, or enrols anew",
  required: [["--login <login>", "who"]],
  run: async (app, { login = "" }) => {
    try {
      const invitations = app.get(Invitations, { strict: false });
      const { link, expiresAt } = await invitations.linkForLogin(login);
      console.log(`${link}\nIt counts once, until ${expiresAt.toISOString()}.`);
      return 0;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      console.error(error.message);
      return 1;
    }
  },
};
