// The project, for those who administer it: its name, and the age at which what was read is erased.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely, say } from "./announce";
import { Dialog } from "./dialog";
import { get, send } from "./http";
import type { Schemas } from "./model";
import { count, t } from "./text/i18n";

type Found = Schemas["ProjectView"];

export function Project() {
  const found = useSignal<Found | null>(null);
  const days = useSignal("");
  const asking = useSignal(false);
  const show = (project: Found) => {
    found.value = project;
    days.value = project.retention_days === null ? "" : String(project.retention_days);
  };
  useEffect(() => safely(async () => show(await get<Found>("/v1/project"))), []);
  if (!found.value) return null;
  const { name, service_retention_days: preset } = found.value;
  const wanted = days.value === "" ? null : Number(days.value);
  const set = () => safely(async () => {
    asking.value = false;
    show((await send<Found>("PATCH", "/v1/project", { retention_days: wanted }))!);
    say(t("service.kept_for_set"));
  });
  return (
    <>
      <h2 class="apart">{t("service.project", { name })}</h2>
      <form class="filters" onSubmit={(event) => (event.preventDefault(), wanted === null ? set() : (asking.value = true))}>
        <label>
          {t("service.kept_for")}{" "}
          <input id="kept-for" type="number" min={1} max={36500} step="any" placeholder={preset === null ? t("service.for_ever") : String(preset)} value={days.value} onInput={(event) => (days.value = event.currentTarget.value)} />
        </label>
        <button disabled={wanted === found.value.retention_days}>{t("service.set")}</button>
      </form>
      {asking.value && (
        <Dialog title={t("service.project", { name })} close={() => (asking.value = false)}>
          <p>{t("service.kept_for_text", { days: count(wanted ?? 0) })}</p>
          <p><button class="danger" onClick={set}>{t("service.set")}</button> <button onClick={() => (asking.value = false)}>{t("service.keep")}</button></p>
        </Dialog>
      )}
    </>
  );
}
