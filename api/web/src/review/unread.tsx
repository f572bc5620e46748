// A document of which there is nothing to review: it waits, is read, or could not be.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely } from "../announce";
import { ask, get, send } from "../http";
import { kinds, kindTitle } from "../kinds_store";
import type { Job } from "../model";
import { go } from "../router";
import { add } from "../send_files";
import { age, count, t, told } from "../text/i18n";
import * as session from "./session";
import { Sheet } from "./sheet";

const LOOK_EVERY = 3000; // milliseconds

export function Unread(props: { job: Job }) {
  const { job } = props;
  const { pages, pages_done: done } = job.progress;
  if (job.state === "queued") return <Queued job={job} />;
  if (job.state === "running") {
    return (
      <div class="split">
        <Sheet job={job.id} pages={Math.max(1, pages)} />
        <div class="notice">
          <h2>{t("review.running")}</h2>
          <progress max={pages || 1} value={pages ? done : undefined} aria-label={t("review.running")} />
          <p>{pages ? t("documents.page_of", { done, pages }) : ""}</p>
        </div>
      </div>
    );
  }
  const retry = () => safely(async () => {
    await send("POST", `/v1/jobs/${job.id}/retry`);
    await session.openDocument(job.id);
  });
  const isUnclear = job.error?.code === "kind_unclear";
  return (
    <div class="notice">
      <h2>{t(`state.${job.state}`)}</h2>
      {job.error && <p>{isUnclear ? t("error.kind_unclear") : told(job.error)}</p>}
      {isUnclear ? <ReadAs job={job} /> : (
        <>
          <p>{t("review.failed_text")}</p>
          <button class="primary" onClick={retry}>{t("documents.retry")}</button>
        </>
      )}
    </div>
  );
}

/** Which place it has among those that wait, looked up anew as they are read. */
function Queued(props: { job: Job }) {
  const { job } = props;
  const ahead = useSignal(job.ahead ?? null);
  useEffect(() => {
    const look = () => get<Job>(`/v1/jobs/${job.id}`).then((found) => (ahead.value = found.ahead ?? null), () => undefined);
    const timer = setInterval(() => void look(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, [job.id]);
  const place = ahead.value === null ? "" : t("review.waiting_place", { place: count(ahead.value + 1) });
  return <Notice title={t("review.waiting")} text={`${place} ${t("review.waiting_text", { age: age(job.created_at) })}`} />;
}

/** A kind to be chosen, where the words of the document tell none: it is sent once more. */
function ReadAs(props: { job: Job }) {
  const { id, filename } = props.job;
  const kind = useSignal("");
  const again = async () => {
    const content = await (await ask(`/v1/jobs/${id}/source`)).blob();
    add([new File([content], filename)], { kind: kind.value });
    go("#/send");
  };
  return (
    <form class="read-as" onSubmit={(event) => (event.preventDefault(), safely(again))}>
      <label>
        {t("send.kind")}{" "}
        <select required value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value)}>
          <option value="">{t("review.choose_kind")}</option>
          {kinds.value.map(({ name }) => <option key={name} value={name}>{kindTitle(name)}</option>)}
        </select>
      </label>
      <button class="primary">{t("review.read_as")}</button>
    </form>
  );
}

/** What is to be said in place of a document; `alone` where nothing else has a heading. */
export function Notice(props: { title: string; text: string; alone?: boolean }) {
  return (
    <div class="notice">
      {props.alone ? <h1>{props.title}</h1> : <h2>{props.title}</h2>}
      <p>{props.text}</p>
      <a href="#/documents">{t("nav.documents")}</a>
    </div>
  );
}
