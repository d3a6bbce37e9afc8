// A search box for other sites: <script src="https://service/embed.js" defer></script> and, where the box is to
// stand, <repere-search></repere-search>. Attributes: lang (fr or en), k (passages), key (of the scope read),
// and any filter of /search (source, language, format, from, to, undated, title, author, tag, collection).
(() => {
  if (customElements.get("repere-search")) return; // the page loads the script twice
  const HOME = new URL(".", document.currentScript.src);
  const FILTERS = ["source", "language", "format", "from", "to", "undated", "title", "author", "tag", "collection"];
  const WORDS = {
    fr: {
      label: "Chercher dans les documents",
      ask: "Chercher",
      asking: "Recherche…",
      found: (n) => (n > 1 ? `${n} passages trouvés.` : "1 passage trouvé."),
      nothing: "Rien de pertinent dans ce corpus.",
      page: "page",
      all: "Tous les résultats",
      refused: "La recherche n’est pas permise d’ici.",
      busy: "Trop de questions à la fois ; réessayez dans un instant.",
      failed: "La recherche n’a pas répondu ; réessayez.",
    },
    en: {
      label: "Search the documents",
      ask: "Search",
      asking: "Searching…",
      found: (n) => (n > 1 ? `${n} passages found.` : "1 passage found."),
      nothing: "Nothing relevant in this corpus.",
      page: "page",
      all: "All results",
      refused: "Searching is not allowed from here.",
      busy: "Too many questions at once; try again in a moment.",
      failed: "The search did not answer; try again.",
    },
  };
  // The colours and the font are those of the page around.
  const STYLE = `
    :host { display: block; }
    form { display: flex; gap: .5em; }
    input, button { font: inherit; color: inherit; background: none; border: 1px solid; border-radius: .25em; padding: .4em .6em; }
    input { flex: 1; min-width: 0; }
    button { cursor: pointer; }
    :focus-visible { outline: 2px solid; outline-offset: 2px; }
    ol { padding-left: 1.5em; }
    li { margin: .8em 0; }
    li p { margin: .2em 0; }
    a { color: inherit; }
    .label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .where { font-size: .9em; }
    [hidden] { display: none; }`;

  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  class Search extends HTMLElement {
    #asked = new AbortController();

    connectedCallback() {
      if (this.shadowRoot) return;
      const given = this.closest("[lang]")?.lang || navigator.language;
      this.language = given.toLowerCase().startsWith("fr") ? "fr" : "en";
      this.words = WORDS[this.language];
      const style = new CSSStyleSheet(); // a page's own policy may refuse a <style>
      style.replaceSync(STYLE);
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [style];
      this.input = make("input", { type: "search", id: "q", maxLength: 1000, required: true, enterKeyHint: "search" });
      this.form = make(
        "form",
        { role: "search", lang: this.language },
        make("label", { htmlFor: "q", className: "label", textContent: this.words.label }),
        this.input,
        make("button", { textContent: this.words.ask }),
      );
      this.status = make("p", { role: "status", lang: this.language });
      this.list = make("ol", { hidden: true });
      this.all = make("a", { textContent: this.words.all, lang: this.language, hidden: true });
      root.append(this.form, this.status, this.list, this.all);
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.ask(this.input.value.trim());
      });
    }

    /** Ask a question and show what answers it. */
    async ask(question) {
      if (!question) return;
      this.#asked.abort();
      const { signal } = (this.#asked = new AbortController());
      this.show(this.words.asking);
      const address = new URL("search", HOME);
      const filters = FILTERS.filter((name) => this.hasAttribute(name)).map((name) => [name, this.getAttribute(name)]);
      const asked = { q: question, k: this.getAttribute("k") || 5, ...Object.fromEntries(filters) };
      address.search = new URLSearchParams(asked);
      const key = this.getAttribute("key");
      try {
        const headers = key ? { Authorization: `Bearer ${key}` } : {};
        const response = await fetch(address, { headers, signal, credentials: "omit", referrerPolicy: "no-referrer" });
        if (response.ok) this.answer(question, filters, await response.json());
        else if (response.status === 401 || response.status === 403) this.show(this.words.refused);
        else this.show(response.status === 429 || response.status === 503 ? this.words.busy : this.words.failed);
      } catch (error) {
        if (error.name !== "AbortError") this.show(this.words.failed);
      }
    }

    answer(question, filters, { hits }) {
      const relevant = hits.filter((hit) => hit.relevance.class !== "none");
      this.show(relevant.length ? this.words.found(relevant.length) : this.words.nothing, relevant);
      this.all.href = this.link({ q: question, ...Object.fromEntries(filters) });
      this.all.hidden = !relevant.length;
    }

    show(said, hits = []) {
      this.status.textContent = said;
      this.list.replaceChildren(...hits.map((hit) => this.item(hit)));
      this.list.hidden = !hits.length;
      this.all.hidden = true;
    }

    item(hit) {
      const page = hit.page_label ?? hit.page;
      const where = [hit.author, hit.date, page && `${this.words.page} ${page}`].filter(Boolean).join(" · ");
      const within = hit.collection ? { collection: hit.collection } : {};
      const address = this.link({ doc: hit.source, passage: hit.passage_id, ...within });
      return make(
        "li",
        { lang: hit.language ?? "", dir: "auto" },
        make("a", { href: address, textContent: hit.title }),
        make("p", { textContent: hit.highlight.text }),
        make("p", { className: "where", textContent: where, lang: this.language, hidden: !where }),
      );
    }

    /** The service's own page in the same language. */
    link(state) {
      const address = new URL(HOME);
      address.search = new URLSearchParams({ ...state, lang: this.language });
      return address.href;
    }
  }

  customElements.define("repere-search", Search);
})();
