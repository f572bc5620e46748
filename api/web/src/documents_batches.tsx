// Batches: how far each is, how long it will take, and what came of it as a file.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely } from "./announce";
import { batches, loadBatches, olderBatches } from "./documents_list";
import { ask, get } from "./http";
import { onChange } from "./live";
import { FINISHED, type Batch } from "./model";
import { FORMATS, save, type Format } from "./take_away";
import { count, t } from "./text/i18n";

const SOON = 1000; // milliseconds: a busy batch changes all the time

/** Do something soon after a change, once for many; the function that is returned ends it. */
function afterChanges(action: () => Promise<unknown>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = onChange(() => (timer ??= setTimeout(() => ((timer = undefined), void action().catch(() => undefined)), SOON)));
  return () => (end(), clearTimeout(timer));
}

/** The list, open while something is on its way. */
export function Batches() {
  useEffect(() => afterChanges(loadBatches), []);
  const going = batches.value.filter(({ finished }) => !finished).length;
  if (!batches.value.length) return null;
  return (
    <details class="batches" open={going > 0}>
      <summary>{t("documents.batches", { count: count(batches.value.length), going: count(going) })}</summary>
      <ul>{batches.value.map((batch) => <li key={batch.name}><a href={`#/documents?batch=${encodeURIComponent(batch.name)}`}>{batch.name}</a> <Progress batch={batch} /></li>)}</ul>
      {olderBatches.value && <p class="more"><button onClick={() => safely(() => loadBatches({ more: true }))}>{t("documents.older_batches")}</button></p>}
    </details>
  );
}

/** The batch that is shown. */
export function BatchBar(props: { name: string }) {
  const { name } = props;
  const batch = useSignal<Batch | null>(null);
  const path = `/v1/batches/${encodeURIComponent(name)}`;
  useEffect(() => {
    const look = async () => void (batch.value = await get<Batch>(path));
    look().catch(() => undefined); // of a name that there is not
    return afterChanges(look);
  }, [name]);
  const take = (format: Format) => safely(async () => save(await (await ask(`${path}/export?format=${format}`)).blob(), `${name}.${format}`));
  return (
    <div class="batch" role="group" aria-label={name}>
      {batch.value && <Progress batch={batch.value} />}
      <span class="grow" />
      {t("documents.export_batch")}
      {FORMATS.map((format) => <button key={format} onClick={() => take(format)}>{format.toUpperCase()}</button>)}
    </div>
  );
}

function Progress(props: { batch: Batch }) {
  const { name, states, total, seconds_left: left } = props.batch;
  const ended = FINISHED.reduce((sum, state) => sum + (states[state] ?? 0), 0);
  return (
    <>
      <progress max={total || 1} value={ended} aria-label={`${t("documents.progress")}: ${name}`} />
      <span>{t("documents.progress_of", { done: count(ended), total: count(total) })}{left ? ` · ${t("documents.left", { minutes: Math.max(1, Math.round(left / 60)) })}` : ""}</span>
    </>
  );
}
