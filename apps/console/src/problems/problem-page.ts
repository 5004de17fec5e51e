import type { Request, Response } from "express";
import type { ProblemCode } from "./problem.js";

type Language = "en" | "pt" | "es";

interface Words {
  readonly title: string;
  readonly text: string;
}

const LINK: Readonly<Record<Language, string>> = {
  en: "To the console",
  pt: "Ir para o console",
  es: "Ir a la consola",
};

/** What people are told who came by a link or a form. Programs get the problem itself. */
const PAGES: Readonly<Partial<Record<ProblemCode, Readonly<Record<Language, Words>>>>> = {
  "not-found": {
    en: { title: "There is nothing here", text: "The address may be mistyped, or out of date." },
    pt: { title: "Não há nada aqui", text: "O endereço pode estar errado ou ser antigo." },
    es: {
      title: "Aquí no hay nada",
      text: "Puede que la dirección esté mal escrita o sea antigua.",
    },
  },
  "method-not-allowed": {
    en: { title: "Not in this way", text: "This address exists, but not for this method." },
    pt: { title: "Assim não", text: "Este endereço existe, mas não para este método." },
    es: { title: "Así no", text: "Esta dirección existe, pero no para este método." },
  },
  unavailable: {
    en: { title: "Not available at the moment", text: "Please try again in a moment." },
    pt: { title: "Indisponível no momento", text: "Tente novamente em instantes." },
    es: { title: "No disponible en este momento", text: "Inténtelo de nuevo en un momento." },
  },
};

/** Whether a browser asks on behalf of a person: it likes a page best. Who takes anything is a program. */
export const asksForPage = (request: Request): boolean =>
  request.accepts("json", "html") === "html";

/** Where the style of these pages is: the policy allows none within them. */
export const STYLE_PATH = "/problem.css";

/** Sends a page. @param detail as the problem says it, in English @returns false for a problem that has none */
export function sendProblemPage(
  request: Request,
  response: Response,
  { code, status, detail }: { code: ProblemCode; status: number; detail?: string | undefined },
): boolean {
  const pages = PAGES[code];
  if (pages === undefined) return false;
  const language = languageOf(request);
  const { title, text } = pages[language];
  response
    .status(status)
    .set({
      "Cache-Control": "no-store",
      Vary: "Accept, Accept-Language",
      "Content-Language": language,
    })
    .type("html").send(`<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · Lacre</title>
<link rel="stylesheet" href="${STYLE_PATH}">
<main>
<p class="status">${status}</p>
<h1>${title}</h1>
<p>${text}</p>${detail === undefined ? "" : `\n<p lang="en">${escaped(detail)}</p>`}
<p><a href="/">${LINK[language]}</a></p>
</main>
</html>
`);
  return true;
}

function languageOf(request: Request): Language {
  // `pt-BR` asks for `pt` as well.
  const asked = request.acceptsLanguages().map((tag) => tag.split("-", 1)[0]);
  return LANGUAGES.find((language) => asked.find(isOurs) === language) ?? "en";
}

const LANGUAGES = ["en", "pt", "es"] as const;
const isOurs = (tag: string | undefined): boolean => LANGUAGES.some((language) => language === tag);

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Serves their style. */
export function sendProblemStyle(_request: Request, response: Response): void {
  response.set("Cache-Control", "no-cache").type("css").send(STYLE);
}

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; min-height: 100vh; margin: 0; place-items: center; }
main { max-width: 30rem; padding: 2rem; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
.status { margin: 0; font-variant-numeric: tabular-nums; opacity: 0.7; }
a { color: LinkText; }
`;
