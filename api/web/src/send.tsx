// Documents in: dropped, chosen, pasted or photographed; every file gets its own verdict.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely } from "./announce";
import { get } from "./http";
import { AUTO, kinds, kindTitle } from "./kinds_store";
import { onChange } from "./live";
import type { Engine } from "./model";
import { add, allowed, batchName, dropped, engine, isShown, items, kind, retry, said, type Item } from "./send_files";
import { count, percent, t } from "./text/i18n";
import { go, route } from "./router";

/** What is dropped or pasted anywhere is sent. */
export function takeDrops(): void {
  const inWay = (event: DragEvent) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragover", (event) => {
    if (!inWay(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && document.body.classList.remove("dropping"));
  addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    if (!inWay(event)) return;
    event.preventDefault();
    const data = event.dataTransfer!;
    safely(async () => take(await dropped(data)));
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
}

function take(files: readonly File[]): void {
  if (!files.length) return;
  add(files);
  if (route.value.view !== "send") go("#/send");
}

export function Send() {
  const engines = useSignal<Engine[]>([]);
  useEffect(() => safely(async () => void (engines.value = (await get<{ engines: Engine[] }>("/v1/engines")).engines)), []);
  const preset = engines.value.find(({ preset }) => preset)?.name ?? "";
  useEffect(() => onChange((job) => {
    for (const item of items.value) if (item.job.value?.id === job.id) item.job.value = job;
  }), []);
  const refused = items.value.filter(({ verdict }) => verdict.value === "refused");
  const taken = items.value.filter(({ verdict }) => verdict.value === "sent" || verdict.value === "known");
  const batches = [...new Set(taken.map(({ batch }) => batch))];
  return (
    <main id="main" class="page" tabIndex={-1}>
      <h1>{t("nav.send")}</h1>
      <div class="send-options">
        <label>
          {t("send.kind")}{" "}
          <select id="kind" value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value, localStorage.setItem("kind", kind.value))}>
            <option value={AUTO}>{kindTitle(AUTO)}</option>
            {kinds.value.map(({ name }) => <option key={name} value={name}>{kindTitle(name)}</option>)}
          </select>
        </label>
        <label>
          {t("send.engine")}{" "}
          <select id="engine" value={engine.value} onChange={(event) => (engine.value = event.currentTarget.value)}>
            <option value="">{t("send.engine_set", { name: preset })}</option>
            {engines.value.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
        <label>{t("send.batch")} <input value={batchName.value} maxLength={100} placeholder={t("send.batch_auto")} onInput={(event) => (batchName.value = event.currentTarget.value)} onBlur={() => (batchName.value = allowed(batchName.value))} /></label>
      </div>
      {kind.value === AUTO && <p>{t("send.auto")}</p>}
      <div class="drop">
        <p>{t("send.drop")}</p>
        <p>
          <Chooser label={t("send.files")} id="files" />
          <Chooser label={t("send.folder")} folder />
          <Chooser label={t("send.camera")} camera />
        </p>
      </div>
      {items.value.length > 0 && (
        <p role="status">
          {t("send.summary", { done: count(taken.length), total: count(items.value.length), refused: count(refused.length) })}{" "}
          {refused.length > 0 && <button onClick={() => refused.forEach(retry)}>{t("send.retry_all")}</button>}{" "}
          {batches.map((name) => <a key={name} class="button" href={`#/documents?batch=${encodeURIComponent(name)}`}>{t("send.see", { name })}</a>)}
        </p>
      )}
      <ul class="sending">{[...items.value].reverse().slice(0, 500).map((item) => <Sending key={item.number} item={item} />)}</ul>
    </main>
  );
}

function Chooser(props: { label: string; id?: string; folder?: boolean; camera?: boolean }) {
  return (
    <label class="button chooser">
      {props.label}
      <input
        class="sr"
        type="file"
        id={props.id}
        multiple={!props.camera}
        ref={(input) => void (input && props.folder && (input.webkitdirectory = true))}
        {...(props.camera ? { accept: "image/*", capture: "environment" as const } : {})}
        onChange={(event) => {
          take([...(event.currentTarget.files ?? [])].filter(isShown));
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}

function Sending(props: { item: Item }) {
  const { item } = props;
  const job = item.job.value;
  return (
    <li class={item.verdict.value}>
      <span class="name">{job ? <a href={`#/review/${job.id}`}>{item.name}</a> : item.name}</span>
      {item.verdict.value === "sending" && <progress max={1} value={item.share.value} aria-label={`${item.name} ${percent(item.share.value)}`} />}
      <span class="verdict">{said(item)}</span>
      {job && <span class={`badge ${job.state}`}>{t(`state.${job.state}`)}{job.state === "running" && job.progress.pages ? ` ${job.progress.pages_done}/${job.progress.pages}` : ""}</span>}
      {item.verdict.value === "refused" && <button onClick={() => retry(item)}>{t("documents.retry")}</button>}
    </li>
  );
}
