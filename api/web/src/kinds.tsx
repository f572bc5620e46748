// Kinds: what documents can be read as, their schemas, and new ones from a JSON Schema.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely, say } from "./announce";
import { send } from "./http";
import { forgetSchema, kinds, loadKinds, schemaOf, titleOf } from "./kinds_store";
import type { Kind } from "./model";
import { join, schemaAt, type Json } from "./review/pointer";
import { typeOf } from "./review/values";
import { go } from "./router";
import { save } from "./take_away";
import { language, t } from "./text/i18n";

export function Kinds(props: { name: string }) {
  if (props.name) return <OneKind name={props.name} />;
  return (
    <main id="main" class="page" tabIndex={-1}>
      <h1>{t("nav.kinds")}</h1>
      <table class="list">
        <thead><tr><th scope="col">{t("kinds.name")}</th><th scope="col">{t("kinds.version")}</th></tr></thead>
        <tbody>
          {kinds.value.map((kind) => (
            <tr key={kind.name}>
              <td><a href={`#/kinds/${encodeURIComponent(kind.name)}`}>{kind.name}</a></td>
              <td>{kind.version}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <NewKind />
    </main>
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
  return (
    <form class="new-kind" onSubmit={(event) => (event.preventDefault(), safely(define))}>
      <h2>{t("kinds.new")}</h2>
      <label for="kind-name">{t("kinds.name")}</label>
      <input id="kind-name" required pattern="[a-z][a-z0-9_\-]*" maxLength={64} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />
      <label for="kind-schema">JSON Schema</label>
      <textarea id="kind-schema" required rows={8} spellcheck={false} aria-invalid={Boolean(wrong.value)} aria-describedby="kind-wrong" value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
      <p class="wrong" id="kind-wrong" role="alert">{wrong.value}</p>
      {kinds.value.some((kind) => kind.name === name.value.trim()) && <p>{t("kinds.next_version")}</p>}
      <button class="primary">{t("kinds.define")}</button>
    </form>
  );
}

function OneKind(props: { name: string }) {
  const schema = useSignal<Json | null>(null);
  const missing = useSignal(false);
  useEffect(() => safely(async () => {
    schema.value = await schemaOf(props.name);
    missing.value = schema.value === null;
  }), [props.name]);
  const version = kinds.value.find(({ name }) => name === props.name)?.version;
  return (
    <main id="main" class="page" tabIndex={-1}>
      <p><a href="#/kinds">← {t("nav.kinds")}</a></p>
      <h1>{titleOf(schema.value ?? {}, props.name)} {version && <small>v{version}</small>}</h1>
      {missing.value && <p class="notice">{t("kinds.missing")}</p>}
      {schema.value && (
        <>
          <p>{String(schema.value.description ?? "")}</p>
          <p><button onClick={() => save(new Blob([JSON.stringify(schema.value, null, 2)]), `${props.name}.schema.json`)}>{t("kinds.download")}</button></p>
          <table class="list">
            <thead><tr>{(["field", "type", "meaning"] as const).map((column) => <th scope="col" key={column}>{t(`kinds.${column}`)}</th>)}</tr></thead>
            <tbody>{rows(schema.value, "", 0).map(({ at, title, type, meaning, depth }) => <tr key={at}><td><span class={`depth-${depth}`}>{title}</span> <code>{at}</code></td><td>{type}</td><td>{meaning}</td></tr>)}</tbody>
          </table>
        </>
      )}
    </main>
  );
}

type FieldRow = { at: string; title: string; type: string; meaning: string; depth: number };

function rows(root: Json, at: string, depth: number): FieldRow[] {
  const schema = schemaAt(root, at);
  return Object.keys((schema.properties ?? {}) as Json).flatMap((name) => {
    const here = join(at, name);
    const found = schemaAt(root, here);
    const meaning = language.value === "zh" ? (found["x-description-zh"] ?? found.description) : found.description;
    const row = { at: here, title: titleOf(found, name), type: [typeOf(found), found.format].filter(Boolean).join(", "), meaning: String(meaning ?? ""), depth };
    if (depth > 3) return [row];
    return [row, ...rows(root, found.type === "array" ? join(here, 0) : here, depth + 1)];
  });
}
