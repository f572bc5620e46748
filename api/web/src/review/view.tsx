// The review of one document, and the walk from one to the next.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely, say } from "../announce";
import { Dialog } from "../dialog";
import { ask, get, query } from "../http";
import { labelOf } from "../kinds_store";
import { onChange, onReturn } from "../live";
import { FINISHED, type Job } from "../model";
import { go, route } from "../router";
import { save as saveFile } from "../take_away";
import { count, t } from "../text/i18n";
import { Fields } from "./fields";
import { focusValue } from "./focus";
import { Keys } from "./help";
import { canRedo, canUndo, changes } from "./history";
import { onKey } from "./keys";
import { valueAt } from "./pointer";
import * as queue from "./queue";
import * as session from "./session";
import type { Decision } from "./sending";
import { Sheet } from "./sheet";
import { Notice, Unread } from "./unread";
import { textOf } from "./values";

const walked: string[] = [];

export function Review(props: { id: string; filter: { kind?: string; batch?: string } }) {
  const { id, filter } = props;
  const finished = route.value.query.has("done");
  const help = useSignal(false);
  const rejecting = useSignal(false);
  const leaving = useSignal(false);

  const next = async (after?: string) => {
    const found = await queue.lead(filter, after);
    if (found && found.job.id !== after) go(`#/review/${found.job.id}?${query({ ...filter })}`, { replace: !after });
    else go(`#/review?${query({ ...filter, done: 1 })}`, { replace: true });
  };
  const decide = async (decision: Decision, more: { reason?: string; sign_off?: boolean } = {}) => {
    if (leaving.value) return;
    leaving.value = true;
    try {
      const taken = await session.save(decision, more);
      if (taken || session.clash.value) rejecting.value = false;
      if (!taken) return;
      if (session.opened.value?.job.id !== id) return; // it was gone on from here while the service was away
      say(t(`review.said_${decision}`, { name: session.opened.value.job.filename }));
      await next(id);
    } finally {
      leaving.value = false;
    }
  };
  const accept = () => {
    const open = session.stillOpen.value;
    if (session.wrong.value) return focusValue(session.wrong.value.path);
    if (open.length && !session.warned.value) {
      session.warned.value = true;
      say(t("review.sign_off", { count: open.length }), { bad: true });
      return focusValue(open[0]!);
    }
    safely(() => decide("accept", session.warned.value ? { sign_off: true } : {}));
  };
  const step = (by: number) => {
    if (by > 0) return safely(() => next(id));
    walked.pop();
    const before = walked.pop();
    if (before) go(`#/review/${before}?${query({ ...filter })}`);
    else say(t("review.first"));
  };
  const actions = {
    accept,
    reject: () => (rejecting.value = true),
    postpone: () => safely(() => decide("postpone")),
    step,
    help: () => (help.value = true),
  };

  useEffect(() => {
    if (!id && !finished) safely(() => next());
  }, [id, finished]);
  useEffect(() => {
    if (!id) return;
    if (walked.at(-1) !== id) walked.push(id);
    safely(async () => {
      await session.openDocument(id);
      if (!session.opened.value || session.opened.value.job.id !== id) return;
      if (session.focused.value !== null) focusValue(session.focused.value);
      else document.getElementById("accept")?.focus();
      if (session.opened.value.job.state === "review") queue.fetchAhead(filter);
    });
  }, [id]);
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event, actions);
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  });
  useEffect(() => {
    addEventListener("pagehide", queue.release);
    const endings = [() => removeEventListener("pagehide", queue.release), queue.renewing(), onChange(heard), onReturn(() => id && !session.opened.value && safely(() => session.openDocument(id)))];
    return () => {
      endings.forEach((end) => end());
      queue.release();
    };
  }, []);

  if (!id) return finished ? <Finished filter={filter} again={() => next()} /> : <p class="notice" aria-busy="true">{t("loading")}</p>;
  const problem = session.problem.value;
  if (problem) return <Notice alone title={problem.status === 410 ? t("review.erased") : t("review.cannot")} text={problem.status === 410 ? t("review.erased_text") : problem.status === 404 || problem.status === 422 ? t("review.no_document") : problem.message} />;
  const opened = session.opened.value;
  if (!opened) return <p class="notice" aria-busy="true">{t("loading")}</p>;
  const { job, record } = opened;
  return (
    <div class="reviewing">
      <div class="review-head">
        <button class="plain" onClick={() => step(-1)} aria-label={t("review.before")} disabled={walked.length < 2}>←</button>
        <h1 title={job.filename}>{job.filename}</h1>
        <button class="plain" onClick={() => step(1)} aria-label={t("review.next")}>→</button>
        <span class={`badge ${job.state}`}>{t(`state.${job.state}`)}</span>
        {session.unsaved.value && <span class="badge unsaved">{t("review.unsaved", { count: changes.value.length })}</span>}
        <span class="grow" />
        <button class="plain" disabled={!canUndo.value} onClick={() => (session.undo(), focusValue(session.focused.value))} aria-label={t("review.undo")} title={`${t("review.undo")} Ctrl+Z`}>↶</button>
        <button class="plain" disabled={!canRedo.value} onClick={() => (session.redo(), focusValue(session.focused.value))} aria-label={t("review.redo")} title={`${t("review.redo")} Ctrl+Y`}>↷</button>
        <Downloads job={job} />
        <button class="plain keys-open" onClick={() => (help.value = true)} aria-label={t("keys.title")}>?</button>
      </div>
      {session.clash.value && <ClashBar />}
      {record?.data ? (
        <>
          <div class="split">
            <Sheet job={job.id} pages={Math.max(1, job.progress.pages)} />
            <section class="side" aria-label={t("review.values")}>
              <Fields />
            </section>
          </div>
          <div class="decide">
            <button id="accept" class="primary" onClick={accept} aria-disabled={session.busy.value}>
              {t("review.accept")} <kbd>Ctrl ↵</kbd>
            </button>
            <button onClick={actions.postpone} aria-disabled={session.busy.value}>{t("review.postpone")} <kbd>S</kbd></button>
            <button onClick={actions.reject} aria-disabled={session.busy.value}>{t("review.reject")} <kbd>X</kbd></button>
            {session.unsaved.value && <button onClick={() => safely(() => session.save())} aria-disabled={session.busy.value}>{t("review.save")}</button>}
            <span class="grow" />
            <Position />
          </div>
        </>
      ) : (
        <Unread job={job} />
      )}
      {help.value && <Keys close={() => (help.value = false)} />}
      {rejecting.value && <Reject close={() => (rejecting.value = false)} decide={(reason) => safely(() => decide("reject", { reason }))} />}
    </div>
  );
}

function heard(job: Job): void {
  const now = session.opened.value;
  if (!now || now.job.id !== job.id) return;
  const ended = FINISHED.includes(job.state) && !now.record;
  if (ended) safely(async () => (await session.openDocument(job.id), focusValue(session.focused.value)));
  else if (now.record && job.review.revision > now.record.revision && !session.busy.value) safely(() => session.overtaken(job));
  else if (!session.unsaved.value) session.opened.value = { ...now, job: { ...job, review: now.job.review } };
}

function Position() {
  const place = queue.queue.value;
  const rate = session.perHour.value;
  return (
    <span class="position">
      {place && t("review.position", { position: count(place.position), waiting: count(place.waiting) })}
      {rate !== null && ` · ${t("review.rate", { rate })}`}
    </span>
  );
}

function Downloads(props: { job: Job }) {
  const { id, filename } = props.job;
  const save = async (path: string, name: string) => saveFile(await (await ask(path)).blob(), name);
  return (
    <>
      <button class="plain" onClick={() => safely(() => save(`/v1/jobs/${id}/source`, filename))}>{t("review.original")}</button>
      {FINISHED.includes(props.job.state) && props.job.state !== "cancelled" && (
        <button class="plain" onClick={() => safely(() => save(`/v1/jobs/${id}/record`, `${filename}.json`))}>JSON</button>
      )}
    </>
  );
}

/** Nothing more is given out; what others have in hand may come back. */
function Finished(props: { filter: { kind?: string; batch?: string }; again: () => Promise<void> }) {
  const held = useSignal(0);
  useEffect(() => {
    const look = async () => {
      const found = await get<{ states: Record<string, number> }>(`/v1/counts?${query({ ...props.filter })}`);
      held.value = found.states.review ?? 0;
      if (held.value) await props.again();
    };
    const quietly = () => void look().catch(() => undefined);
    quietly();
    const timer = setInterval(quietly, 5000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="notice">
      <h1>{t("review.finished")}</h1>
      <p>{session.decided.value ? t("review.finished_text", { count: session.decided.value }) : t("review.finished_none")}</p>
      {held.value > 0 && <p>{t("review.held", { count: count(held.value) })}</p>}
      <a class="button" href="#/documents">{t("nav.documents")}</a>
    </div>
  );
}

/** It closes when the service has taken the rejection; until then the reason stays, also over a lost session. */
function Reject(props: { close: () => void; decide: (reason: string) => void }) {
  const { reason } = session;
  const given = reason.value.trim();
  return (
    <Dialog title={t("review.reject_title")} close={props.close}>
      <form onSubmit={(event) => (event.preventDefault(), given && props.decide(given))}>
        <label for="reason">{t("review.reason")}</label>
        <textarea id="reason" rows={3} required autofocus value={reason.value} onInput={(event) => ((reason.value = event.currentTarget.value), session.store())} />
        <p><button class="primary" aria-disabled={session.busy.value}>{t("review.reject")}</button></p>
      </form>
    </Dialog>
  );
}

/** Somebody else was faster: what they have and what I have stand side by side. */
function ClashBar() {
  const { theirs } = session.clash.value!;
  const root = session.opened.value?.schema ?? null;
  const theirsAt = (index: number) => {
    const there = session.mineOverTheirs.value[index];
    return there ? textOf(valueAt(theirs.data, there.path)) : t("review.row_gone");
  };
  return (
    <div class="clash" role="alert">
      <p>{t("review.clash")}</p>
      <table>
        <thead><tr><th>{t("review.field")}</th><th>{t("review.theirs")}</th><th>{t("review.mine")}</th></tr></thead>
        <tbody>
          {session.mine.value.map((change, index) => (
            <tr key={index}>
              <td>{labelOf(root, change.path)}</td>
              <td>{theirsAt(index)}</td>
              <td>{change.op === "correct" ? textOf(change.value) : t(`op.${change.op}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <button class="primary" onClick={() => session.settle(true)}>{t("review.keep_mine")}</button>{" "}
      <button onClick={() => session.settle(false)}>{t("review.take_theirs")}</button>
    </div>
  );
}
