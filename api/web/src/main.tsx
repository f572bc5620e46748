// The page at /: documents in, looked over by people, out again. It uses only the public API.
import { effect, useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { Announcements, dialogs, safely, say } from "./announce";
import { Dialog } from "./dialog";
import { Documents } from "./documents";
import { keepFocus } from "./focus_kept";
import { keyWanted, offline, Problem, recognise, session, signIn, signOut } from "./http";
import { forgetAll, forgetOld, keptCount } from "./kept";
import { Kinds } from "./kinds";
import { loadKinds } from "./kinds_store";
import { follow } from "./live";
import { Overview } from "./overview";
import { Review } from "./review/view";
import { go, route } from "./router";
import { Send, takeDrops } from "./send";
import { Service } from "./service";
import { language, named, t } from "./text/i18n";

const VIEWS = ["documents", "send", "review", "kinds", "overview", "service"] as const;

effect(() => {
  document.title = `${named(`nav.${route.value.view}`, t("nav.documents"))} · Pagemill`;
});

function Page() {
  const { view, name, query } = route.value;
  useEffect(() => {
    if (view !== "review") document.getElementById("main")?.focus({ preventScroll: true });
  }, [view]);
  return (
    <>
      <header class="top">
        <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.querySelector<HTMLElement>("#main, .reviewing button")?.focus())}>{t("skip")}</a>
        <strong>Pagemill</strong>
        <nav aria-label={t("nav.label")}>
          {VIEWS.map((one) => (
            <a key={one} href={`#/${one}`} aria-current={one === view ? "page" : undefined}>{t(`nav.${one}`)}</a>
          ))}
        </nav>
        <span class="grow" />
        {session.value?.csrf_token && <SignOut />}
        <button class="plain" lang={language.value === "zh" ? "en" : "zh-CN"} onClick={() => (language.value = language.value === "zh" ? "en" : "zh")}>{language.value === "zh" ? "English" : "中文"}</button>
      </header>
      {offline.value && <p class="offline" role="alert">{t("offline")}</p>}
      {view === "review" ? (
        <div id="main" tabIndex={-1} role="main">
          <Review id={name} filter={{ kind: query.get("kind") ?? "", batch: query.get("batch") ?? "" }} />
        </div>
      ) : view === "send" ? (
        <Send />
      ) : view === "kinds" ? (
        <Kinds name={name} />
      ) : view === "overview" ? (
        <Overview />
      ) : view === "service" ? (
        <Service />
      ) : (
        <Documents />
      )}
      {dialogs.value === 0 && <Announcements />}
      {keyWanted.value && <AskKey />}
    </>
  );
}

/** What was not sent is let go only when that is meant. */
function SignOut() {
  const asking = useSignal(false);
  const leave = () => safely(async () => (forgetAll(), await signOut()));
  return (
    <>
      <button class="plain" onClick={() => (keptCount() ? (asking.value = true) : leave())}>{t("key.out")}</button>
      {asking.value && (
        <Dialog title={t("key.out")} close={() => (asking.value = false)}>
          <p>{t("key.unsent", { count: keptCount() })}</p>
          <p><button class="danger" onClick={leave}>{t("key.out")}</button> <button onClick={() => (asking.value = false)}>{t("key.stay")}</button></p>
        </Dialog>
      )}
    </>
  );
}

function AskKey() {
  const key = useSignal("");
  const wrong = useSignal("");
  const enter = async () => {
    try {
      await signIn({ key: key.value.trim() });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      wrong.value = error.status === 401 ? t("key.wrong") : error.message;
    }
  };
  return (
    <Dialog title={t("key.title")}>
      <form onSubmit={(event) => (event.preventDefault(), safely(enter))}>
        <p>{t("key.text")}</p>
        <label for="key">{t("key.label")}</label>
        <input id="key" type="password" autocomplete="current-password" required aria-invalid={Boolean(wrong.value)} aria-describedby="key-wrong" value={key.value} onInput={(event) => (key.value = event.currentTarget.value)} />
        <p class="wrong" id="key-wrong" role="alert">{wrong.value}</p>
        <p><button class="primary">{t("key.go")}</button></p>
      </form>
    </Dialog>
  );
}

/** `#/sign-in/SECRET` is a link that signs in once; it does not stay in the history. */
async function begin(): Promise<void> {
  const { view, name } = route.value;
  if (view === "sign-in") {
    go("#/documents", { replace: true });
    await signIn({ link: name }).catch((error: unknown) => say(error instanceof Problem && error.status === 401 ? t("key.spent") : String(error), { bad: true }));
  }
  if (!session.value) await recognise();
  forgetOld();
  takeDrops();
  keepFocus();
  render(<Page />, document.getElementById("root")!);
  safely(loadKinds);
  void follow();
}

void begin();
