// Code that waits for a person: drawn once, sent once, its time counted down.
Object.assign(window.roundtable, (() => {
  const said = (name) => roundtable.words[`script.${name}`];
  const clock = (seconds) => said("left").replace("{time}", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
  const isTyping = () => Boolean(document.activeElement?.matches("input, textarea")
    && document.activeElement.value && !document.activeElement.closest("#composer"));

  const SENT_MS = 2500;
  const approval = (place, decide, leave) => {
    let shown = "";
    let timer = 0;

    const countDown = (left) => {
      const until = Date.now() + 1000 * left;
      const tick = () => {
        const seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
        place.querySelector(".left").textContent = clock(seconds);
        place.querySelector(".approval").classList.toggle("urgent", seconds <= 30);
      };
      tick();
      timer = setInterval(tick, 1000);
    };

    const wire = (section) => {
      const part = (selector) => section.querySelector(selector);
      const [code, reason, approve] = [part("textarea"), part("input"), part(".approve")];
      const isEdited = () => code.value !== code.defaultValue;
      const edited = () => {
        approve.textContent = isEdited() ? said("approve_edited") : said("approve");
        approve.disabled = !code.value.trim();
        part(".restore").hidden = !isEdited();
      };
      const sent = (is) => {
        section.ariaBusy = is;
        code.readOnly = reason.readOnly = is;
      };
      const send = (approved) => {
        if (section.ariaBusy === "true") return;
        sent(true);
        setTimeout(() => sent(false), SENT_MS);
        decide({
          approval_id: section.dataset.id,
          code_sha256: section.dataset.sha256,
          approved,
          code: approved && isEdited() ? code.value : null,
          reason: reason.value.trim(),
        });
      };
      code.addEventListener("input", edited);
      approve.addEventListener("click", () => send(true));
      part(".reject").addEventListener("click", () => send(false));
      part(".restore").addEventListener("click", () => {
        code.value = code.defaultValue;
        edited();
        code.focus();
      });
    };

    return ({ id, html, left }) => {
      if (id === shown) return;
      const wasInside = place.contains(document.activeElement);
      shown = id;
      clearInterval(timer);
      place.innerHTML = html;
      if (!id) return wasInside && leave();
      wire(place.firstElementChild);
      if (left) countDown(left);
      if (isTyping()) return;
      place.querySelector("h2").focus({ preventScroll: true });
      place.scrollIntoView({ block: "end" });
    };
  };

  return { approval };
})());
