// Looks for whoever is ringing while the name or the number is typed. Without this script the form looks by Enter.
"use strict";

(() => {
  const box = document.getElementById("who");
  const met = document.getElementById("met");
  let asked = 0;
  let pause;

  const look = async () => {
    const text = box.value.trim();
    const turn = ++asked;
    if (text.length < 2) {
      met.replaceChildren();
      return;
    }
    const words = new URLSearchParams({ who: text, typing: "yes" });
    const answer = await fetch(`${box.form.action}?${words}`).catch(() => null);
    // What was typed meanwhile is asked for by itself.
    if (turn !== asked || !answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    met.replaceChildren(...page.getElementById("met").childNodes);
  };

  box.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(look, 200);
  });
})();
