import { html } from "hono/html";
import type { Html, Reading } from "../parts/layout.ts";

/** A form for a typed code; the home page redirects to the page of the code. */
export function codeForm({ texts, language }: Reading, typed = ""): Html {
  const { form } = texts;
  return html`<section class="card">
    <h2>${form.title}</h2>
    <form action="/" method="get">
      <input type="hidden" name="lang" value="${language}" />
      <label for="code">${form.label}</label>
      <input
        type="text"
        id="code"
        name="code"
        value="${typed}"
        required
        maxlength="256"
        placeholder="${form.placeholder}"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck="false"
        aria-describedby="code-help"
      />
      <p class="muted" id="code-help">${form.help}</p>
      <button type="submit">${form.submit}</button>
    </form>
  </section>`;
}
