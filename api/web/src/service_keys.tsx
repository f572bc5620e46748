// The keys of the project, for those who administer it: listed, made and shown once, revoked.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely, say } from "./announce";
import { Dialog } from "./dialog";
import { get, Problem, send, session } from "./http";
import type { Key, KeyMade, Scope } from "./model";
import { language, t } from "./text/i18n";

const SCOPES: readonly Scope[] = ["submit", "read", "review", "admin"];

export function Keys() {
  const keys = useSignal<Key[]>([]);
  const making = useSignal(false);
  const revoking = useSignal<Key | null>(null);
  const load = async () => void (keys.value = await get<Key[]>("/v1/keys"));
  useEffect(() => safely(load), []);
  const day = new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en", { dateStyle: "medium" });
  const stateOf = ({ valid, revoked_at: gone }: Key) => t(valid ? "service.valid" : gone ? "service.revoked" : "service.expired");
  return (
    <>
      <div class="title-row apart">
        <h2>{t("service.keys", { project: session.value?.project ?? "" })}</h2>
        <button onClick={() => (making.value = true)}>{t("service.new_key")}</button>
      </div>
      {keys.value.length === 0 ? (
        <p>{t("service.no_key")}</p>
      ) : (
        <div class="figures tall" tabIndex={0} role="group" aria-label={t("service.keys", { project: session.value?.project ?? "" })}>
          <table class="list">
            <thead><tr>{(["key_name", "id", "scopes", "state", "until"] as const).map((column) => <th scope="col" key={column}>{t(`service.${column}`)}</th>)}<th scope="col"><span class="sr">{t("service.revoke")}</span></th></tr></thead>
            <tbody>
              {keys.value.map((key) => (
                <tr key={key.id}>
                  <td class="long">{key.name}</td>
                  <td><code>{key.id}</code></td>
                  <td>{key.scopes.map((scope) => t(`scope.${scope}`)).join(", ")}</td>
                  <td>{stateOf(key)}</td>
                  <td>{key.expires_at ? day.format(new Date(key.expires_at)) : "–"}</td>
                  <td>{key.valid && <button onClick={() => (revoking.value = key)} aria-label={t("service.revoke_named", { name: key.name })}>{t("service.revoke")}</button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {making.value && <NewKey close={() => (making.value = false)} made={() => safely(load)} />}
      {revoking.value && <Revoke key={revoking.value.id} id={revoking.value.id} name={revoking.value.name} close={() => (revoking.value = null)} done={() => safely(load)} />}
    </>
  );
}

function NewKey(props: { close: () => void; made: () => void }) {
  const name = useSignal("");
  const days = useSignal("");
  const scopes = useSignal<ReadonlySet<Scope>>(new Set(["submit", "read"]));
  const wrong = useSignal("");
  const shown = useSignal<KeyMade | null>(null);
  const make = async () => {
    try {
      const wanted = { name: name.value.trim(), scopes: [...scopes.value], ...(days.value ? { days: Number(days.value) } : {}) };
      shown.value = await send<KeyMade>("POST", "/v1/keys", wanted);
      props.made();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      wrong.value = error.message;
    }
  };
  const toggle = (scope: Scope) => {
    const next = new Set(scopes.value);
    if (!next.delete(scope)) next.add(scope);
    scopes.value = next;
  };
  if (shown.value) {
    return (
      <Dialog title={t("service.made")} close={props.close}>
        <p>{t("service.made_text")}</p>
        <p><code id="made-key">{shown.value.key}</code></p>
        <p><button class="primary" onClick={() => safely(async () => (await navigator.clipboard.writeText(shown.value!.key), say(t("service.copied"))))}>{t("service.copy")}</button></p>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("service.new_key")} close={props.close}>
      <form onSubmit={(event) => (event.preventDefault(), safely(make))}>
        <label for="key-name">{t("service.key_name")}</label>
        <input id="key-name" required maxLength={100} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />
        <fieldset>
          <legend>{t("service.scopes")}</legend>
          {SCOPES.filter((scope) => session.value?.scopes.includes(scope)).map((scope) => (
            <label key={scope}><input type="checkbox" checked={scopes.value.has(scope)} onChange={() => toggle(scope)} /> {t(`scope.${scope}`)}</label>
          ))}
        </fieldset>
        <label for="key-days">{t("service.days")}</label>
        <input id="key-days" type="number" min={1} max={36500} step={1} value={days.value} onInput={(event) => (days.value = event.currentTarget.value)} />
        <p class="wrong" role="alert">{wrong.value}</p>
        <p><button class="primary" disabled={!scopes.value.size}>{t("service.make")}</button></p>
      </form>
    </Dialog>
  );
}

function Revoke(props: { id: string; name: string; close: () => void; done: () => void }) {
  const revoke = async () => {
    props.close();
    await send("DELETE", `/v1/keys/${encodeURIComponent(props.id)}`);
    props.done();
    document.getElementById("main")?.focus();
  };
  return (
    <Dialog title={t("service.revoke_named", { name: props.name })} close={props.close}>
      <p>{t("service.revoke_text")}</p>
      <p><button class="danger" onClick={() => safely(revoke)}>{t("service.revoke")}</button> <button onClick={props.close}>{t("service.keep")}</button></p>
    </Dialog>
  );
}
