// Keeps the site at hand on this device, and hours that are written down without a connection until they have arrived. Each
// carries the key by which a form is done once, so sending it again does nothing twice. Without this script all forms work as
// any other, with a connection.
"use strict";

(() => {
  const here = document.currentScript.dataset;
  const kept = `hours:${here.home}`;
  const owner = `member:${here.home}`;
  const place = document.querySelector("[data-waiting]");
  const form = document.querySelector("form[data-offline]");

  // Whoever is signed in says so on each of their pages; the page without a connection is nobody's, and asks what was last said.
  if (here.member) localStorage.setItem(owner, JSON.stringify([here.member, here.account]));
  const [member, account] = JSON.parse(localStorage.getItem(owner) ?? "[]");

  const all = () => JSON.parse(localStorage.getItem(kept) ?? "[]");
  const keep = (logs) => (logs.length ? localStorage.setItem(kept, JSON.stringify(logs)) : localStorage.removeItem(kept));
  const own = () => all().filter((log) => log.member === member);
  const change = (key, changed) => keep(all().flatMap((log) => (log.key !== key ? [log] : changed ? [{ ...log, ...changed }] : [])));

  const element = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text }, more);

  const show = () => {
    if (!place) return;
    const logs = own();
    const words = place.dataset;
    place.hidden = !logs.length;
    place.replaceChildren(element("h2", words.waiting));
    const list = place.appendChild(element("ul", "", { className: "list" }));
    for (const log of logs) {
      const line = list.appendChild(document.createElement("li"));
      line.append(element("b", `${log.fields.title}, ${log.fields.who}, ${log.fields.minutes}, ${log.fields.occurred_on}`));
      line.append(element("p", log.reason ? `${words.refused} ${log.reason}` : words.later, { className: "what" }));
      const actions = line.appendChild(element("p", "", { className: "actions" }));
      if (log.reason) {
        const { side, who, title } = log.fields;
        const anew = `${here.form}?${new URLSearchParams({ side, who, title })}`;
        actions.append(element("a", words.anew, { className: "button quiet", href: anew }));
      }
      const drop = actions.appendChild(element("button", words.drop, { type: "button", className: "button plain" }));
      drop.addEventListener("click", () => {
        change(log.key);
        show();
      });
    }
  };

  const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

  const send = async () => {
    if (!member || !navigator.onLine || !own().some((log) => !log.reason)) return;
    const page = await fetch(here.form, { cache: "no-store" });
    const asked = await parsed(page);
    // Signed out, or somebody else by now: it waits for whoever wrote it.
    if (page.redirected || asked.querySelector("script[data-member]")?.dataset.member !== member) return;
    const token = asked.querySelector("input[name=csrf_token]").value;
    for (const log of own().filter((one) => !one.reason)) {
      const body = new URLSearchParams({ ...log.fields, csrf_token: token, once: log.key, then: "done" });
      const answer = await fetch(here.form, { method: "POST", body, redirect: "manual" });
      if (answer.type === "opaqueredirect") change(log.key);
      else if ([403, 404, 409, 422].includes(answer.status)) {
        const faults = (await parsed(answer)).querySelectorAll("main .summary li");
        const reason = [...new Set([...faults].map((fault) => fault.textContent.trim()))].join(" ");
        change(log.key, { reason: reason || String(answer.status) });
      }
    }
  };

  const again = async () => {
    try {
      // One page at a time: others that are open find nothing left to send.
      await (navigator.locks ? navigator.locks.request(kept, send) : send());
    } catch {
      // No connection after all: it is sent when it is back.
    }
    show();
  };

  if (form) {
    form.hidden = false;
    const day = form.elements.occurred_on;
    const now = new Date();
    day.value = new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const fields = Object.fromEntries(new FormData(form));
      const log = { key: crypto.randomUUID(), member, fields: { ...fields, for_id: account, day: "other", long: "other" } };
      keep([...all(), log]);
      for (const name of ["who", "minutes", "title"]) form.elements[name].value = "";
      again();
    });
    if (!member) form.hidden = true;
  }

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

  const told = document.querySelector("form[data-push]");
  if (told && "PushManager" in window && "Notification" in window) {
    told.hidden = false;
    told.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        if ((await Notification.requestPermission()) !== "granted") throw new Error("denied");
        const { pushManager } = await navigator.serviceWorker.ready;
        // One that was made under another key of ours takes nothing any more.
        await (await pushManager.getSubscription())?.unsubscribe();
        const key = bytes(told.dataset.push);
        const made = (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
        for (const [name, value] of Object.entries({ endpoint: made.endpoint, ...made.keys })) {
          if (told.elements[name]) told.elements[name].value = value;
        }
        told.submit();
      } catch {
        told.querySelector("[data-say]").textContent = told.dataset.refused;
      }
    });
  }

  for (const leaving of document.querySelectorAll("form[action$='/sign-out']")) {
    leaving.addEventListener("submit", (event) => {
      if (own().length && !confirm(here.leaving)) event.preventDefault();
    });
  }

  addEventListener("online", again);
  navigator.serviceWorker?.register(here.worker, { scope: here.home }).catch(() => {});
  again();
})();
