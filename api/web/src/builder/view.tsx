// A kind built from a sample: words of the page become fields, and the sample is read with them at once.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely, say } from "../announce";
import { get, Problem, send } from "../http";
import { forgetSchema, kinds, loadKinds } from "../kinds_store";
import type { Job, Kind, Line, ReviewRecord } from "../model";
import type { Word } from "../review/pages";
import { go } from "../router";
import { save } from "../take_away";
import { t } from "../text/i18n";
import { Cards } from "./cards";
import * as built from "./fields";
import { Paper } from "./paper";
import { attempt } from "./trial";

export type Read = Pick<ReviewRecord, "data" | "fields" | "issues">;

export function Builder(props: { job: string }) {
  const job = useSignal<Job | null>(null);
  const problem = useSignal("");
  useEffect(() => {
    built.begin(props.job);
    get<Job>(`/v1/jobs/${encodeURIComponent(props.job)}`).then(
      (found) => (job.value = found),
      (error: unknown) => (problem.value = error instanceof Problem ? error.message : String(error)),
    );
  }, [props.job]);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <p><a href="#/kinds">← {t("nav.kinds")}</a></p>
      <h1>{t("builder.title")}</h1>
      {problem.value ? <p class="notice">{problem.value}</p> : job.value ? <Bench job={job.value} /> : <p class="notice" aria-busy="true">{t("loading")}</p>}
    </main>
  );
}

function Bench(props: { job: Job }) {
  const { job } = props;
  const page = useSignal(1);
  const read = useSignal<Read | null>(null);
  const pages = Math.max(1, job.progress.pages);
  const take = (word: Word, lines: readonly Line[]) => {
    const id = built.add({ word, page: page.value, lines });
    say(t("builder.added", { text: word.text }));
    focusName(id);
  };
  const marked = marks(read.value).filter((one) => one.page === page.value).map(({ box }) => box);
  return (
    <div class="builder">
      <section aria-label={t("review.document")}>
        <p>{t("builder.how")}</p>
        <div class="page-bar">
          <button onClick={() => (page.value -= 1)} disabled={page.value <= 1} aria-label={t("review.page_before")}>‹</button>
          <span>{t("review.picture", { page: page.value })} / {pages}</span>
          <button onClick={() => (page.value += 1)} disabled={page.value >= pages} aria-label={t("review.page_after")}>›</button>
          <span class="name">{job.filename}</span>
        </div>
        <div class="paper-box" tabIndex={0} role="group" aria-label={job.filename}>
          <Paper job={job.id} page={page.value} marked={marked} take={take} />
        </div>
      </section>
      <section aria-label={t("kinds.fields")}>
        <Making job={job} read={read} />
        <Cards read={read.value} />
        <p>
          <button id="add-field" onClick={() => focusName(built.add(null))}>{t("builder.add_field")}</button>{" "}
          <button onClick={() => focusName(built.addList())}>{t("builder.add_list")}</button>
        </p>
        <Schema />
      </section>
    </div>
  );
}

function focusName(id: number): void {
  requestAnimationFrame(() => document.getElementById(`name:${id}`)?.focus());
}

/** Where samples stand, or once it was read, where values do. */
function marks(read: Read | null): { page: number; box: number[] }[] {
  if (read) return Object.values(read.fields).flatMap(({ citations }) => citations);
  return built.fields.value.flatMap((field) => [field, ...(field.columns ?? [])]).flatMap(({ place }) => (place ? [place] : []));
}

function Making(props: { job: Job; read: Signal<Read | null> }) {
  const busy = useSignal(false);
  const wrong = useSignal("");
  const act = (action: () => Promise<void>) => async () => {
    if (busy.value) return;
    busy.value = true;
    wrong.value = "";
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      wrong.value = error.message;
    } finally {
      busy.value = false;
    }
  };
  const attemptIt = act(async () => {
    props.read.value = await attempt(props.job, built.schema.value);
    say(t("builder.tried"));
  });
  const define = act(async () => {
    const name = built.kindName.value.trim();
    const made = await send<Kind>("PUT", `/v1/kinds/${encodeURIComponent(name)}`, built.schema.value);
    built.sent();
    forgetSchema(name);
    await loadKinds();
    say(t("kinds.defined", { name: made!.name, version: made!.version }));
    go(`#/kinds/${encodeURIComponent(name)}`);
  });
  const unready = built.fields.value.length === 0 || !built.isNamed.value || busy.value;
  return (
    <form class="making" onSubmit={(event) => (event.preventDefault(), safely(define))}>
      <label>{t("kinds.name")} <input id="kind-name" required pattern="[a-z0-9][a-z0-9_\-]*" maxLength={63} value={built.kindName.value} onInput={(event) => (built.kindName.value = event.currentTarget.value)} /></label>
      <label>{t("builder.kind_title")} <input maxLength={100} value={built.kindTitle.value} onInput={(event) => (built.kindTitle.value = event.currentTarget.value)} /></label>
      {kinds.value.some(({ name }) => name === built.kindName.value.trim()) && <p>{t("kinds.next_version")}</p>}
      <p>
        <button type="button" id="try" disabled={unready} onClick={() => safely(attemptIt)}>{busy.value ? t("builder.trying") : t("builder.try")}</button>{" "}
        <button class="primary" disabled={unready}>{t("kinds.define")}</button>
      </p>
      <p class="wrong" role="alert">{built.isNamed.value ? wrong.value : t("builder.names")}</p>
    </form>
  );
}

function Schema() {
  const text = JSON.stringify(built.schema.value, null, 2);
  return (
    <details>
      <summary>JSON Schema</summary>
      <p><button onClick={() => save(new Blob([text]), `${built.kindName.value.trim() || "kind"}.schema.json`)}>{t("kinds.download")}</button></p>
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}
