// Passkeys: a form marked `data-passkey` asks the browser for one, then is sent like any other form.
const words = {
  NotAllowedError: "That was stopped, or took too long. Try again when you are ready.",
  InvalidStateError: "This device has a passkey for you already.",
  SecurityError: "Passkeys do not work at this address. On your own machine, open it by the name localhost.",
};
const able = window.PublicKeyCredential?.parseRequestOptionsFromJSON && window.PublicKeyCredential?.parseCreationOptionsFromJSON;

async function ask(form) {
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
  const answer = await fetch(form.dataset.options, { method: "POST", body });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  const { public_key: wanted, begun } = await answer.json();
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(wanted) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(wanted) });
  form.elements.begun.value = begun;
  form.elements.answer.value = JSON.stringify(credential);
}

for (const form of able ? document.querySelectorAll("form[data-passkey]") : []) {
  const button = form.querySelector("button"), says = form.querySelector("[data-says]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.setAttribute("aria-busy", "true");
    try {
      await ask(form);
      form.submit(); // asks nobody again: this submits without the event
    } catch (problem) {
      says.textContent = words[problem.name] ?? "That did not work. Load this page again and try once more.";
      says.hidden = false;
      button.removeAttribute("aria-busy");
    }
  });
}
