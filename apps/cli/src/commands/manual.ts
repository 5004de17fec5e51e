import type { CommandDescription } from "../command.js";
import { EXIT } from "../exit.js";
import { manPage } from "../shell/man-page.js";

export const manual: CommandDescription = {
  options: [],
  details: `The page lacre(1), as man and troff read it. npm installs it with the program: man lacre.

Example:
  lacre manual | man -l -`,

  async run(io, { program }) {
    io.stdout.write(manPage(await program()));
    return EXIT.done;
  },
};
