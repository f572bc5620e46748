// A document to try everything with, where there is none yet.
import picture from "./sample.jpg";
import { add } from "./send_files";
import { go } from "./router";

/** Send the sample that the page brings, a receipt, and show what becomes of it. */
export async function sendSample(): Promise<void> {
  const content = await (await fetch(picture)).blob();
  add([new File([content], "sample-receipt.jpg", { type: "image/jpeg" })], { kind: "receipt" });
  go("#/send");
}
