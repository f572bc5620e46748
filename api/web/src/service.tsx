// How the service does: whether each part answers, and what is running.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { named, t } from "./text/i18n";

const PARTS = ["queue", "store", "ledger", "model"] as const;

export function Service() {
  const parts = useSignal<Record<string, string> | null>(null);
  const version = useSignal("");
  useEffect(() => {
    const look = async () => {
      parts.value = (await (await fetch("/readyz")).json()) as Record<string, string>;
      version.value = ((await (await fetch("/version")).json()) as { version: string }).version;
    };
    const quietly = () => void look().catch(() => (parts.value = null));
    quietly();
    const timer = setInterval(quietly, 5000);
    return () => clearInterval(timer);
  }, []);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <h1>{t("nav.service")}</h1>
      {parts.value ? (
        <table class="list">
          <tbody>
            {PARTS.map((part) => (
              <tr key={part}>
                <th scope="row">{t(`service.${part}`)}</th>
                <td>{named(`service.is_${parts.value![part]}`, parts.value![part] ?? "")}</td>
              </tr>
            ))}
            <tr><th scope="row">{t("service.version")}</th><td>{version.value}</td></tr>
          </tbody>
        </table>
      ) : (
        <p class="notice">{t("service.silent")}</p>
      )}
      <p><a href="/docs">{t("service.api")}</a> · <a href="/metrics">{t("service.metrics")}</a></p>
    </main>
  );
}
