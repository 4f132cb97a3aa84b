// The first start: leads to the documents, the model and a first question. Also opens tabs for whoever asks.
Object.assign(window.roundtable, (() => {
  const YEAR_S = 31536000;
  const DISMISSED = "roundtable_walkthrough=dismissed";

  const openTab = (name) => document.getElementById(`tab-${name}-button`)?.click();

  const compose = (question) => {
    const box = document.querySelector("#composer textarea, #composer input");
    if (!box) return;
    const kind = box instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(box, question);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-tab]");
    if (!link) return;
    event.preventDefault();
    openTab(link.dataset.tab);
  });

  const walkthrough = (element) => {
    const close = () => (element.innerHTML = "");
    const load = async () => {
      if (document.cookie.includes(DISMISSED)) return;
      const response = await fetch("/walkthrough").catch(() => null);
      if (response?.ok) element.innerHTML = (await response.json()).html;
    };
    element.addEventListener("click", ({ target }) => {
      const example = target.closest(".example");
      if (example) compose(example.textContent);
      if (!target.closest(".dismiss")) return;
      document.cookie = `${DISMISSED}; path=/; max-age=${YEAR_S}; SameSite=Strict`;
      close();
      document.querySelector("#composer textarea, #composer input")?.focus();
    });
    roundtable.endWalkthrough = close;
    load();
  };

  return { openTab, walkthrough };
})());
