// Before anything is drawn: the theme that was chosen, the language, and whether a question was asked.
{
  const given = new URLSearchParams(location.search);
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage may be forbidden
    }
  };
  const root = document.documentElement;
  const preferred = navigator.languages.map((each) => each.slice(0, 2));
  const wanted = [kept("repere.language"), given.get("lang"), ...preferred]; // of a site that embeds a search box
  root.lang = wanted.find((each) => each === "fr" || each === "en") ?? "en";
  root.dataset.theme = kept("repere.theme") ?? "auto";
  root.classList.toggle("asked", ["q", "doc", "similar"].some((name) => given.get(name)));
  root.classList.toggle("reading", Boolean(given.get("doc")));
}
