// What is done with the documents that were chosen: retried, cancelled, erased, taken away.
import { safely, say } from "./announce";
import { Dialog } from "./dialog";
import { chosen, countSoon, erasing, heard, jobs, loadCounts } from "./documents_list";
import { ask, send } from "./http";
import type { Job, State } from "./model";
import { FORMATS, save, type Format } from "./take_away";
import { t } from "./text/i18n";

async function each(action: (job: Job) => Promise<unknown>): Promise<void> {
  const work = jobs.value.filter(({ id }) => chosen.value.has(id));
  let failed = 0;
  let reason = "";
  await Promise.all([0, 1, 2].map(async () => {
    for (let job = work.shift(); job; job = work.shift()) {
      await action(job).catch((error: unknown) => (failed++, (reason = error instanceof Error ? error.message : "")));
    }
  }));
  if (failed) say(t("documents.some_failed", { count: failed, reason }), { bad: true });
}

export function Bulk() {
  const of = (...states: State[]) => jobs.value.filter(({ id, state }) => chosen.value.has(id) && states.includes(state)).length;
  const [retriable, running, read] = [of("failed", "cancelled"), of("queued", "running"), of("done", "review")];
  const act = (verb: string, ...states: State[]) => safely(async () => {
    await each(async (job) => states.includes(job.state) && heard((await send<Job>("POST", `/v1/jobs/${job.id}/${verb}`))!));
    countSoon();
  });
  const take = (format: Format) => safely(async () => {
    const read = jobs.value.filter(({ id, state }) => chosen.value.has(id) && (state === "done" || state === "review")).map(({ id }) => id);
    const answer = await ask("/v1/exports", { method: "POST", body: JSON.stringify({ jobs: read, format }), headers: { "Content-Type": "application/json" } });
    save(await answer.blob(), `pagemill.${format}`);
    say(t("documents.exported", { count: read.length }));
  });
  return (
    <div class="bulk" role="group" aria-label={t("documents.chosen", { count: chosen.value.size })}>
      <b>{t("documents.chosen", { count: chosen.value.size })}</b>
      <button disabled={!retriable} onClick={() => act("retry", "failed", "cancelled")}>{t("documents.retry")}</button>
      <button disabled={!running} onClick={() => act("cancel", "queued", "running")}>{t("documents.cancel")}</button>
      <button onClick={() => (erasing.value = true)}>{t("documents.erase")}</button>
      {FORMATS.map((format) => <button key={format} disabled={!read} onClick={() => take(format)}>{format.toUpperCase()}</button>)}
    </div>
  );
}

export function Erase() {
  const close = () => (erasing.value = false);
  const erase = () => safely(async () => {
    close();
    const gone = new Set<string>();
    await each(async ({ id }) => (await send("DELETE", `/v1/jobs/${id}`), gone.add(id)));
    jobs.value = jobs.value.filter(({ id }) => !gone.has(id));
    chosen.value = new Set();
    await loadCounts();
    document.getElementById("main")?.focus();
  });
  return (
    <Dialog title={t("documents.erase_title", { count: chosen.value.size })} close={close}>
      <p>{t("documents.erase_text")}</p>
      <p><button class="danger" onClick={erase}>{t("documents.erase")}</button> <button onClick={close}>{t("documents.keep")}</button></p>
    </Dialog>
  );
}
