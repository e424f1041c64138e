// Asks the browser for a passkey, to sign in with or to make one, and sends its answer as the form that stands around the
// button. Without this script people sign in in another way.
"use strict";

(() => {
  if (!window.PublicKeyCredential) return;

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };

  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };

  const known = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const asked = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: known(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: known(options.allowCredentials) }),
  });

  const answered = (credential) => {
    const response = { clientDataJSON: text(credential.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      // What is left empty is told by the server, before a passkey is made in vain.
      if (form.elements.name?.value === "") return;
      event.preventDefault();
      const say = form.querySelector("[data-say]");
      say.textContent = "";
      try {
        const question = await fetch(form.dataset.question, {
          method: "POST",
          headers: { "X-CSRFToken": form.elements.csrf_token.value },
        });
        if (!question.ok) throw new Error(question.status);
        const publicKey = asked(await question.json());
        form.elements.credential.value = answered(await navigator.credentials[form.dataset.passkey]({ publicKey }));
      } catch {
        say.textContent = form.dataset.refused;
        return;
      }
      form.submit();
    });
  }
})();
