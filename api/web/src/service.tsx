// How the service does: whether each part answers, who works, what waits; for admins, the project and its keys.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, Problem, session } from "./http";
import type { Schemas } from "./model";
import { Keys } from "./service_keys";
import { Project } from "./service_project";
import { age, count, named, t } from "./text/i18n";

const PARTS = ["queue", "store", "ledger", "model"] as const satisfies (keyof Schemas["Readiness"])[];
const LOOK_EVERY = 5000;

export function Service() {
  const parts = useSignal<Schemas["Readiness"] | null>(null);
  const version = useSignal("");
  useEffect(() => {
    const look = async () => {
      parts.value = (await (await fetch("/readyz")).json()) as Schemas["Readiness"];
      version.value = ((await (await fetch("/version")).json()) as Schemas["Version"]).version;
    };
    return every(look, () => (parts.value = null));
  }, []);
  const administers = session.value?.scopes.includes("admin") ?? false;
  return (
    <main id="main" class="page" tabIndex={-1}>
      <h1>{t("nav.service")}</h1>
      {parts.value ? (
        <table class="list">
          <tbody>
            {PARTS.map((part) => (
              <tr key={part}>
                <th scope="row">{t(`service.${part}`)}</th>
                <td>{named(`service.is_${parts.value![part]}`, parts.value![part])}</td>
              </tr>
            ))}
            <tr><th scope="row">{t("service.version")}</th><td>{version.value}</td></tr>
          </tbody>
        </table>
      ) : (
        <p class="notice">{t("service.silent")}</p>
      )}
      <p><a href="/docs">{t("service.api")}</a> · <a href="/metrics">{t("service.metrics")}</a></p>
      {administers ? <><Work /><Project /><Keys /></> : <p>{t("service.admins")}</p>}
    </main>
  );
}

/** Do something now and every few seconds; the function that is returned ends it. */
function every(action: () => Promise<void>, failed: () => void): () => void {
  const once = () => void action().catch(failed);
  once();
  const timer = setInterval(once, LOOK_EVERY);
  return () => clearInterval(timer);
}

function Work() {
  const found = useSignal<Schemas["ServiceView"] | null>(null);
  const problem = useSignal("");
  useEffect(() => every(
    async () => {
      found.value = await get<Schemas["ServiceView"]>("/v1/service").catch((error: unknown) => {
        problem.value = error instanceof Problem ? error.message : "";
        throw error;
      });
      problem.value = "";
    },
    () => (found.value = null),
  ), []);
  if (!found.value) return problem.value ? <p class="wrong" role="alert">{problem.value}</p> : <p aria-busy="true">{t("loading")}</p>;
  const { workers, waiting } = found.value;
  return (
    <>
      <h2 class="apart">{t("service.workers")}</h2>
      {workers.length === 0 ? (
        <p>{t("service.no_worker")}</p>
      ) : (
        <table class="list">
          <thead><tr>{(["name", "loaded", "model", "heard"] as const).map((column) => <th scope="col" key={column}>{t(`service.${column}`)}</th>)}</tr></thead>
          <tbody>
            {workers.map(({ name, engines, models, heard_at: at }) => (
              <tr key={name}>
                <td class="long">{name}</td>
                <td>{engines.join(", ") || t("service.not_loaded")}</td>
                <td class="long">{models.join(", ") || "–"}</td>
                <td><time dateTime={at}>{age(at)}</time></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h2 class="apart">{t("service.waiting")}</h2>
      {waiting.length === 0 ? (
        <p>{t("service.none_waits")}</p>
      ) : (
        <table class="list">
          <thead><tr>{(["queue", "model", "count", "oldest"] as const).map((column) => <th scope="col" key={column}>{t(`service.${column}`)}</th>)}</tr></thead>
          <tbody>
            {waiting.map(({ queue, model, count: jobs, oldest_at: at }) => (
              <tr key={`${queue} ${model}`}><td>{queue}</td><td class="long">{model ?? "–"}</td><td>{count(jobs)}</td><td><time dateTime={at}>{age(at)}</time></td></tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
