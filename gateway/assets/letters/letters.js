// Sends the form of a page that a letter leads to, with the token behind the address's "#".
"use strict";

const form = document.querySelector("form");
const alertLine = document.querySelector("[role=alert]");
const statusLine = document.querySelector("[role=status]");
const token = new URLSearchParams(location.hash.slice(1)).get("token");

// The token is good for an account: it shall not stay in the browser's history.
history.replaceState(null, "", location.pathname);

if (!token) {
  form.hidden = true;
  statusLine.textContent = "This link is not complete. Please open it from the letter again.";
}

// Not sent when the page opens, but by a click: programs that look at the links of a mail would use the token up.
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  alertLine.textContent = "";
  form.querySelector("button").disabled = true;
  try {
    await send();
  } catch {
    alertLine.textContent = "We can't be reached at the moment. Please try again.";
  }
  form.querySelector("button").disabled = false;
});

async function send() {
  const written = [...new FormData(form)].filter(([, value]) => value !== "");
  const response = await fetch(form.dataset.calls, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, ...Object.fromEntries(written) }),
  });
  if (!response.ok) {
    alertLine.textContent = wordsOf(await response.json());
    return;
  }
  form.hidden = true;
  statusLine.textContent = statusLine.dataset.done;
}

function wordsOf(problem) {
  const reasons = Object.values(problem.errors ?? {}).flat();
  return reasons.length > 0 ? reasons.join(" ") : problem.message;
}
