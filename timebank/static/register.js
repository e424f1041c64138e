// A register kept where the connection comes and goes: what was ticked stays on this phone until it has arrived.
// Every form carries a key by which it is done once, so sending it again does nothing twice. Without this script the form works
// as any other.
"use strict";

(() => {
  const form = document.querySelector("main form");
  const say = document.querySelector("[data-say]");
  const kept = `register:${location.pathname}`;
  // Names are typed faster than they are written down: those that wait their turn, and what is half typed meanwhile.
  const waiting = `waiting:${location.pathname}`;
  const half = `half:${location.pathname}`;
  const who = form.elements.who;
  let busy = false;

  const words = (text) => {
    say.textContent = text;
    say.setAttribute("role", "status");
  };

  const queue = () => JSON.parse(sessionStorage.getItem(waiting) ?? "[]");
  const keep = (names) => sessionStorage.setItem(waiting, JSON.stringify(names));

  const next = () => {
    const [first, ...rest] = queue();
    if (busy || !first) return;
    keep(rest);
    const body = [...new FormData(form)].filter(([name]) => name !== "who");
    send([...body.map(([name, value]) => [name, String(value)]), ["who", first.who], ["do", first.do]]);
  };

  const send = async (body) => {
    if (busy) return;
    busy = true;
    let answer;
    try {
      answer = await fetch(location.pathname, { method: "POST", body: new URLSearchParams(body) });
    } catch {
      localStorage.setItem(kept, JSON.stringify(body));
      words(say.dataset.offline);
      busy = false;
      return;
    }
    if (answer.status >= 500) {
      localStorage.setItem(kept, JSON.stringify(body));
      words(say.dataset.failed);
      busy = false;
      return;
    }
    localStorage.removeItem(kept);
    // The page that answers, as the browser itself would have shown it. Asked for again, it would have lost its notice.
    const page = await answer.text();
    if (document.activeElement === who) sessionStorage.setItem(half, who.value);
    history.replaceState(null, "", answer.url);
    document.open();
    document.write(page);
    document.close();
  };

  const again = () => {
    const body = localStorage.getItem(kept);
    if (body) send(JSON.parse(body));
    else if (!document.querySelector(".summary")) next();
  };

  form.addEventListener("change", () => words(say.dataset.changed));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    words(say.dataset.sending);
    const adds = event.submitter?.name === "do" && ["member", "guest", "newcomer"].includes(event.submitter.value);
    if (adds && who.value.trim() && (busy || queue().length)) {
      // What was put right comes before what was typed after it.
      const name = { who: who.value, do: event.submitter.value };
      keep(busy ? [...queue(), name] : [name, ...queue()]);
      who.value = "";
      next();
      return;
    }
    const body = [...new FormData(form, event.submitter)].map(([name, value]) => [name, String(value)]);
    send(body);
    if (adds) who.value = "";
  });
  const typed = sessionStorage.getItem(half);
  if (typed !== null) {
    sessionStorage.removeItem(half);
    if (document.querySelector(".summary")) {
      // The name that was refused stands in the field; what was half typed waits behind it.
      if (typed.trim()) keep([...queue(), { who: typed, do: "member" }]);
    } else {
      who.value = typed;
      who.focus();
      who.setSelectionRange(typed.length, typed.length);
    }
  }
  addEventListener("online", again);
  setInterval(again, 10000);
  again();
})();
