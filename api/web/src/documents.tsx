// The documents of a project: a page of them at a time, told apart by the service, live.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { safely } from "./announce";
import { BatchBar, Batches } from "./documents_batches";
import { Bulk, Erase } from "./documents_chosen";
import { batches, chosen, counts, erasing, following, heard, jobs, load, loadBatches, loadCounts, loading, want, wanted } from "./documents_list";
import { query } from "./http";
import { AUTO, kinds, kindTitle, labelOf, schemaOf } from "./kinds_store";
import { onChange, onReturn } from "./live";
import { STATES, type Job, type State } from "./model";
import type { Json } from "./review/pointer";
import { go } from "./router";
import { sendSample } from "./sample";
import { isIdle } from "./shortcuts";
import { age, count, percent, t, told } from "./text/i18n";

export function Documents() {
  const search = useRef<HTMLInputElement>(null);
  const given = wanted();
  useEffect(() => {
    safely(() => load());
    safely(loadCounts);
    safely(loadBatches);
  }, [query(given)]);
  useEffect(() => {
    const ends = [onChange(heard), onReturn(() => safely(async () => void (await Promise.all([load(), loadCounts()]))))];
    const keyed = (event: KeyboardEvent) => {
      if (event.key !== "/" || isIdle(event) || event.target instanceof HTMLInputElement || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener("keydown", keyed);
    return () => {
      ends.forEach((end) => end());
      removeEventListener("keydown", keyed);
    };
  }, []);
  const filtered = Boolean(given.q || given.state || given.kind || given.batch || given.since);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title-row">
        <h1>{t("nav.documents")}</h1>
        <a class={counts.value.review ? "button primary" : "button"} href={`#/review?${query({ kind: given.kind, batch: given.batch })}`}>{t("documents.review_next", { count: count(counts.value.review ?? 0) })}</a>
        <a class="button" href="#/send">{t("documents.send")}</a>
      </div>
      <Chips state={given.state} />
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="search">
          <span class="sr">{t("documents.search")}</span>
          <input ref={search} type="search" placeholder={t("documents.search")} value={given.q} onInput={(event) => searchSoon(event.currentTarget.value)} />
        </label>
        <Choice label={t("documents.kind")} value={given.kind} choices={kinds.value.map(({ name }) => name)} titled={kindTitle} choose={(kind) => want({ kind })} />
        <Choice label={t("documents.batch")} value={given.batch} choices={batches.value.map(({ name }) => name)} choose={(name) => want({ batch: name })} />
        <label>{t("documents.since")} <input type="date" value={given.since.slice(0, 10)} onChange={(event) => want({ since: event.currentTarget.value && `${event.currentTarget.value}T00:00:00Z` })} /></label>
        <label>
          {t("documents.sort")}{" "}
          <select value={given.sort} onChange={(event) => want({ sort: event.currentTarget.value })}>
            <option value="">{t("documents.newest")}</option>
            <option value="confidence">{t("documents.weakest_first")}</option>
          </select>
        </label>
      </form>
      {given.batch ? <BatchBar name={given.batch} /> : <Batches />}
      {chosen.value.size > 0 && <Bulk />}
      {loading.value ? (
        <p class="notice" aria-busy="true">{t("loading")}</p>
      ) : jobs.value.length === 0 ? (
        <Nothing filtered={filtered} />
      ) : (
        <Table />
      )}
      {following.value && <p class="more"><button onClick={() => safely(() => load({ more: true }))}>{t("documents.older")}</button></p>}
      {erasing.value && <Erase />}
    </main>
  );
}

let searching: ReturnType<typeof setTimeout> | undefined;
function searchSoon(q: string): void {
  clearTimeout(searching);
  searching = setTimeout(() => want({ q }), 250);
}

function Chips(props: { state: string }) {
  const picked = new Set(props.state.split(",").filter(Boolean));
  const total = Object.values(counts.value).reduce((sum, one) => sum + (one ?? 0), 0);
  const toggle = (state: State) => {
    if (picked.has(state)) picked.delete(state);
    else picked.add(state);
    want({ state: [...picked].join(",") });
  };
  return (
    <div class="chips" role="group" aria-label={t("documents.states")}>
      <button class="chip" aria-pressed={picked.size === 0} onClick={() => want({ state: "" })}>{t("documents.all")} <b>{count(total)}</b></button>
      {STATES.map((state) => (
        <button key={state} class={`chip ${state}`} aria-pressed={picked.has(state)} onClick={() => toggle(state)}>
          {t(`state.${state}`)} <b>{count(counts.value[state] ?? 0)}</b>
        </button>
      ))}
    </div>
  );
}

function Choice(props: { label: string; value: string; choices: string[]; titled?: (value: string) => string; choose: (value: string) => void }) {
  const all = props.value && !props.choices.includes(props.value) ? [props.value, ...props.choices] : props.choices;
  return (
    <label>
      {props.label}{" "}
      <select value={props.value} onChange={(event) => props.choose(event.currentTarget.value)}>
        <option value="">{t("documents.any")}</option>
        {all.map((choice) => <option key={choice} value={choice}>{props.titled?.(choice) ?? choice}</option>)}
      </select>
    </label>
  );
}

function Nothing(props: { filtered: boolean }) {
  if (props.filtered) {
    return (
      <div class="notice">
        <h2>{t("documents.no_match")}</h2>
        <button onClick={() => go("#/documents")}>{t("documents.show_all")}</button>
      </div>
    );
  }
  return (
    <div class="notice">
      <h2>{t("documents.empty")}</h2>
      <p>{t("documents.empty_text")}</p>
      <p><a class="button primary" href="#/send">{t("documents.send")}</a> <button id="sample-try" onClick={() => safely(sendSample)}>{t("documents.sample")}</button></p>
    </div>
  );
}

function Table() {
  const all = jobs.value.length > 0 && jobs.value.every(({ id }) => chosen.value.has(id));
  return (
    <table class="documents">
      <thead>
        <tr>
          <th scope="col"><input type="checkbox" aria-label={t("documents.choose_all")} checked={all} onChange={() => (chosen.value = new Set(all ? [] : jobs.value.map(({ id }) => id)))} /></th>
          {(["name", "kind", "state", "weakest", "pages", "age"] as const).map((column) => (
            <th scope="col" key={column} class={column}>{t(`documents.${column}`)}</th>
          ))}
        </tr>
      </thead>
      <tbody>{jobs.value.map((job) => <Row key={job.id} job={job} chosen={chosen.value.has(job.id)} />)}</tbody>
    </table>
  );
}

function Row(props: { job: Job; chosen: boolean }) {
  const { job } = props;
  const toggle = () => {
    const next = new Set(chosen.value);
    if (!next.delete(job.id)) next.add(job.id);
    chosen.value = next;
  };
  const weakest = job.review?.weakest;
  return (
    <tr>
      <td><input type="checkbox" checked={props.chosen} aria-label={t("documents.choose", { name: job.filename })} onChange={toggle} /></td>
      <td class="name"><a href={`#/review/${job.id}`}>{job.filename}</a></td>
      <td class="kind">{kindTitle(job.kind)} {job.kind !== AUTO && <small>v{job.kind_version}</small>}</td>
      <td class="state"><span class={`badge ${job.state}`}>{t(`state.${job.state}`)}</span> <small>{detailOf(job)}</small></td>
      <td class="weakest">{weakest && <Weakest kind={job.kind} {...weakest} />}</td>
      <td class="pages">{job.progress.pages || ""}</td>
      <td class="age"><time dateTime={job.created_at}>{age(job.created_at)}</time></td>
    </tr>
  );
}

/** The least sure value, by its title in the language of the page once the schema is there. */
function Weakest(props: { kind: string; path: string; confidence: number }) {
  const root = useSignal<Json | null>(null);
  useEffect(() => void schemaOf(props.kind).then((found) => (root.value = found)), [props.kind]);
  return <>{labelOf(root.value, props.path) || t("review.document")} <b>{percent(props.confidence)}</b></>;
}

function detailOf(job: Job): string {
  const { pages, pages_done: done } = job.progress;
  if (job.state === "running" && pages) return t("documents.page_of", { done, pages });
  if (job.error) return told(job.error);
  if (job.state === "review" && job.review) return t("documents.to_check", { count: job.review.open });
  return "";
}
