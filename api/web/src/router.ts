// Every view has a URL after the #: `#/documents?state=review`, `#/review/JOB`.
import { computed, signal } from "@preact/signals";

export type Route = { view: string; name: string; query: URLSearchParams };
const hash = signal(location.hash);
addEventListener("hashchange", () => (hash.value = location.hash));

export const route = computed<Route>(() => {
  const [path = "", search = ""] = hash.value.replace(/^#\/?/, "").split("?");
  const [view = "", ...rest] = path.split("/");
  return { view: view || "documents", name: decoded(rest.join("/")), query: new URLSearchParams(search) };
});

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function go(to: string, { replace = false } = {}): void {
  if (replace) {
    history.replaceState(null, "", to);
    hash.value = location.hash;
  } else location.hash = to;
}
