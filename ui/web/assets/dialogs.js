// A question to the person at the page, over everything else; and a word that passes by.
Object.assign(window.roundtable, (() => {
  const SHOWN_MS = 9000;
  const said = (name) => roundtable.words[`script.${name}`];
  const page = () => document.getElementById("page");

  const made = (parent, tag, properties) => Object.assign(parent.appendChild(document.createElement(tag)), properties);

  const field = (form, { name, label, value = "", options }) => {
    const place = made(form, "label", { textContent: label });
    const input = made(place, options ? "select" : "input", { name });
    for (const [words, option] of options || []) input.append(new Option(words, option));
    input.value = value;
  };

  // What was filled in, by name; null when the person thought better of it.
  const dialog = (title, fields, yes) =>
    new Promise((resolve) => {
      const opener = document.activeElement;
      const box = made(page(), "dialog", { className: "ask", ariaLabel: title });
      const form = made(box, "form", { method: "dialog" });
      made(form, "h2", { textContent: title });
      fields.forEach((each) => field(form, each));
      made(form, "button", { value: "yes", textContent: yes });
      made(form, "button", { value: "", textContent: said("cancel"), formNoValidate: true });
      box.addEventListener("close", () => {
        box.remove();
        opener?.focus();
        resolve(box.returnValue === "yes" ? Object.fromEntries(new FormData(form)) : null);
      });
      box.showModal();
    });

  let passing = 0;
  const toast = (words, action, act) => {
    document.querySelector(".toast")?.remove();
    clearTimeout(passing);
    const place = made(page(), "div", { className: "toast", role: "status", textContent: `${words} ` });
    const button = made(place, "button", { type: "button", textContent: action });
    button.addEventListener("click", () => {
      place.remove();
      act?.();
    });
    passing = setTimeout(() => place.remove(), SHOWN_MS);
  };

  return { dialog, toast };
})());
