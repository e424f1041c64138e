// A register kept where the connection comes and goes: what was ticked stays on this phone until it has arrived.
// Every form carries a key by which it is done once, so sending it again does nothing twice. Without this script the form works
// as any other.
"use strict";

(() => {
  const form = document.querySelector("main form");
  const say = document.querySelector("[data-say]");
  const kept = `register:${location.pathname}`;

  const words = (text) => {
    say.textContent = text;
    say.setAttribute("role", "status");
  };

  const send = async (body) => {
    let answer;
    try {
      answer = await fetch(location.pathname, { method: "POST", body: new URLSearchParams(body) });
    } catch {
      localStorage.setItem(kept, JSON.stringify(body));
      words("No connection. What you ticked is kept on this phone, and is sent when it is back.");
      return;
    }
    if (answer.status >= 500) {
      localStorage.setItem(kept, JSON.stringify(body));
      words("The time bank does not answer just now. What you ticked is kept on this phone, and is sent again.");
      return;
    }
    localStorage.removeItem(kept);
    // The page that answers, as the browser itself would have shown it. Asked for again, it would have lost its notice.
    const page = await answer.text();
    history.replaceState(null, "", answer.url);
    document.open();
    document.write(page);
    document.close();
  };

  const again = () => {
    const body = localStorage.getItem(kept);
    if (body) send(JSON.parse(body));
  };

  form.addEventListener("change", () => words("Not saved yet."));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = [...new FormData(form, event.submitter)].map(([name, value]) => [name, String(value)]);
    words("Sending …");
    send(body);
  });
  addEventListener("online", again);
  setInterval(again, 10000);
  again();
})();
