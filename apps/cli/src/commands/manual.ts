import type { CommandDescription } from "../command.js";
import { EXIT } from "../exit.js";
import { PROGRAM_DETAILS } from "../program-details.js";
import { manPage } from "../shell/man-page.js";
import { readVersion } from "../version.js";

export const manual: CommandDescription = {
  options: [],
  details: `The page lacre(1), as man and troff read it. npm installs it with the program: man lacre.

Example:
  lacre manual | man -l -`,

  async run(io, { commands }) {
    const page = { version: readVersion(), details: PROGRAM_DETAILS };
    io.stdout.write(manPage(await commands(), page));
    return EXIT.done;
  },
};
