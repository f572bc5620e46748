// The keys, by `?`.
import { Dialog } from "../dialog";
import { singleKeys, setSingleKeys } from "../shortcuts";
import { t, type Key } from "../text/i18n";

const KEYS: readonly [string, Key][] = [
  ["Enter", "keys.confirm"],
  ["1 2 3", "keys.alternative"],
  ["E, F2", "keys.edit"],
  ["N", "keys.clear"],
  ["Esc", "keys.back"],
  ["Tab, Shift+Tab", "keys.tab"],
  ["Ctrl+Enter", "keys.accept"],
  ["Ctrl+Z, Ctrl+Y", "keys.undo"],
  ["Ctrl+S", "keys.save"],
  ["Ctrl+→, Ctrl+←", "keys.step"],
  ["S", "keys.postpone"],
  ["X", "keys.reject"],
  ["PgDn, PgUp, G", "keys.page"],
  ["+ − 0 R", "keys.zoom"],
  ["← ↑ → ↓", "keys.pan"],
  ["Ctrl+Ins, Ctrl+Del", "keys.rows"],
  ["Alt+↑, Alt+↓", "keys.move_row"],
  ["/", "keys.search"],
  ["?", "keys.help"],
];

export function Keys(props: { close: () => void }) {
  return (
    <Dialog title={t("keys.title")} close={props.close}>
      <dl class="keys">
        {KEYS.map(([keys, text]) => (
          <div key={keys}>
            <dt><kbd>{keys}</kbd></dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
      <p>{t("keys.mouse")}</p>
      <p><label><input type="checkbox" checked={singleKeys.value} onChange={(event) => setSingleKeys(event.currentTarget.checked)} /> {t("keys.single")}</label></p>
    </Dialog>
  );
}
