// Kinds: what documents can be read as, their schemas and versions; new ones from a sample or a JSON Schema.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely, say } from "./announce";
import { Builder } from "./builder/view";
import { get, send } from "./http";
import { forgetSchema, kinds, kindTitle, loadKinds, meaningOf, titleOf } from "./kinds_store";
import type { Job, Kind, KindVersion } from "./model";
import { join, schemaAt, type Json } from "./review/pointer";
import { typeOf } from "./review/values";
import { go, route } from "./router";
import { save } from "./take_away";
import { language, named, t } from "./text/i18n";

export function Kinds(props: { name: string }) {
  const sample = route.value.query.get("sample");
  if (sample) return <Builder job={sample} />;
  if (props.name) return <OneKind name={props.name} />;
  return (
    <main id="main" class="page" tabIndex={-1}>
      <h1>{t("nav.kinds")}</h1>
      <table class="list">
        <thead><tr>{(["title", "name", "version"] as const).map((column) => <th scope="col" key={column}>{t(`kinds.${column}`)}</th>)}</tr></thead>
        <tbody>
          {kinds.value.map((kind) => (
            <tr key={kind.name}>
              <td><a href={`#/kinds/${encodeURIComponent(kind.name)}`}>{kindTitle(kind.name)}</a></td>
              <td><code>{kind.name}</code></td>
              <td>{kind.version}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <FromSample />
      <NewKind />
    </main>
  );
}

/** Choose a document that was read already, and build a kind from its words. */
function FromSample() {
  const jobs = useSignal<Job[]>([]);
  const chosen = useSignal("");
  useEffect(() => safely(async () => void (jobs.value = (await get<{ jobs: Job[] }>("/v1/jobs?state=done,review&limit=100")).jobs)), []);
  const first = chosen.value || jobs.value[0]?.id;
  return (
    <form class="new-kind" onSubmit={(event) => (event.preventDefault(), first && go(`#/kinds?sample=${first}`))}>
      <h2>{t("kinds.build")}</h2>
      {jobs.value.length === 0 ? (
        <p>{t("kinds.no_sample")} <a href="#/send">{t("documents.send")}</a></p>
      ) : (
        <>
          <label for="sample">{t("kinds.sample")}</label>
          <select id="sample" value={first} onChange={(event) => (chosen.value = event.currentTarget.value)}>
            {jobs.value.map((job) => <option key={job.id} value={job.id}>{job.filename}</option>)}
          </select>
          <button class="primary">{t("kinds.build_go")}</button>
        </>
      )}
    </form>
  );
}

function NewKind() {
  const name = useSignal("");
  const text = useSignal("");
  const wrong = useSignal("");
  const define = async () => {
    let schema: unknown;
    try {
      schema = JSON.parse(text.value);
    } catch (error) {
      wrong.value = t("kinds.no_json", { reason: error instanceof Error ? error.message : "" });
      return;
    }
    wrong.value = "";
    const made = await send<Kind>("PUT", `/v1/kinds/${encodeURIComponent(name.value.trim())}`, schema);
    forgetSchema(name.value.trim());
    await loadKinds();
    say(t("kinds.defined", { name: made!.name, version: made!.version }));
    go(`#/kinds/${encodeURIComponent(made!.name)}`);
  };
  const load = async (file: File | undefined) => {
    if (!file) return;
    text.value = await file.text();
    name.value ||= file.name.replace(/(\.schema)?\.json$/, "").toLowerCase().replace(/[^a-z0-9_-]+/g, "_").replace(/^[_-]+/, "").slice(0, 63);
  };
  return (
    <form class="new-kind" onSubmit={(event) => (event.preventDefault(), safely(define))}>
      <h2>{t("kinds.new")}</h2>
      <label for="kind-name">{t("kinds.name")}</label>
      <input id="kind-name" required pattern="[a-z0-9][a-z0-9_\-]*" maxLength={63} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />
      <label class="button chooser">{t("kinds.upload")}<input class="sr" type="file" id="kind-file" accept=".json,application/json" onChange={(event) => safely(() => load(event.currentTarget.files?.[0]))} /></label>
      <label for="kind-schema">JSON Schema</label>
      <textarea id="kind-schema" required rows={8} spellcheck={false} aria-invalid={Boolean(wrong.value)} aria-describedby="kind-wrong" value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
      <p class="wrong" id="kind-wrong" role="alert">{wrong.value}</p>
      {kinds.value.some((kind) => kind.name === name.value.trim()) && <p>{t("kinds.next_version")}</p>}
      <button class="primary">{t("kinds.define")}</button>
    </form>
  );
}

function OneKind(props: { name: string }) {
  const path = `/v1/kinds/${encodeURIComponent(props.name)}`;
  const kind = useSignal<Kind | null>(null);
  const versions = useSignal<KindVersion[]>([]);
  const missing = useSignal(false);
  const version = route.value.query.get("version") ?? "";
  useEffect(() => safely(async () => {
    missing.value = false;
    const found = await Promise.all([get<Kind>(version ? `${path}?version=${encodeURIComponent(version)}` : path), get<KindVersion[]>(`${path}/versions`)]).catch(() => null);
    missing.value = found === null;
    [kind.value, versions.value] = found ?? [null, []];
  }), [props.name, version]);
  const schema = (kind.value?.schema ?? null) as Json | null;
  return (
    <main id="main" class="page" tabIndex={-1}>
      <p><a href="#/kinds">← {t("nav.kinds")}</a></p>
      <h1>{kindTitle(props.name)} {kind.value && <small>v{kind.value.version}</small>}</h1>
      {missing.value && <p class="notice">{t("kinds.missing")}</p>}
      {schema && (
        <>
          <p>{meaningOf(schema)}</p>
          {versions.value.length > 1 && <Versions name={props.name} versions={versions.value} now={kind.value!.version} />}
          <p><button onClick={() => save(new Blob([JSON.stringify(schema, null, 2)]), `${props.name}.schema.json`)}>{t("kinds.download")}</button></p>
          <table class="list">
            <thead><tr>{(["field", "type", "meaning"] as const).map((column) => <th scope="col" class={column === "type" ? "short" : undefined} key={column}>{t(`kinds.${column}`)}</th>)}</tr></thead>
            <tbody>{rows(schema, "", 0).map(({ at, title, type, meaning, depth }) => <tr key={at}><td><span class={`depth-${depth}`}>{title}</span> <code>{at}</code></td><td class="short">{type}</td><td>{meaning}</td></tr>)}</tbody>
          </table>
        </>
      )}
    </main>
  );
}

function Versions(props: { name: string; versions: readonly KindVersion[]; now: number }) {
  const format = new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en", { dateStyle: "medium" });
  return (
    <nav class="chips" aria-label={t("kinds.versions")}>
      {props.versions.map(({ version, created_at: at }) => (
        <a key={version} class="button chip" aria-current={version === props.now ? "page" : undefined} href={`#/kinds/${encodeURIComponent(props.name)}?version=${version}`}>
          v{version} <small>{at ? format.format(new Date(at)) : t("kinds.shipped")}</small>
        </a>
      ))}
    </nav>
  );
}

type FieldRow = { at: string; title: string; type: string; meaning: string; depth: number };

function rows(root: Json, at: string, depth: number): FieldRow[] {
  const schema = schemaAt(root, at);
  return Object.keys((schema.properties ?? {}) as Json).flatMap((name) => {
    const here = join(at, name);
    const found = schemaAt(root, here);
    const type = typeof found.format === "string" ? found.format : typeOf(found);
    const row = { at: here, title: titleOf(found, name), type: named(`type.${type}`, type), meaning: meaningOf(found), depth };
    if (depth > 3) return [row];
    return [row, ...rows(root, found.type === "array" ? join(here, 0) : here, depth + 1)];
  });
}
