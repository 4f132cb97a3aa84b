// The settings tab: language and theme in cookies; for administrators the form of the application's settings.
Object.assign(window.roundtable, (() => {
  const YEAR_S = 31536000;

  const cookie = (name) => document.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`))?.[1] || "";
  const remember = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=${value ? YEAR_S : 0}; SameSite=Strict`;
    const url = new URL(location);
    url.searchParams.delete("__theme");
    history.replaceState(history.state, "", url);
    location.reload();
  };

  const sent = async (path, body) => {
    const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    try {
      return await (await fetch(path, options)).json();
    } catch {
      const lost = document.createElement("span");
      lost.className = "bad";
      lost.textContent = roundtable.words["script.settings_lost"];
      return { told: lost.outerHTML };
    }
  };

  const isChanged = (field) => field.tagName === "SELECT"
    ? !field.selectedOptions[0]?.defaultSelected : field.value !== field.defaultValue;

  const preferences = (element) => {
    element.innerHTML = '<div class="own"></div><div class="application"></div>';
    const [own, application] = element.children;
    let added = 0;
    let removed = [];

    const fields = () => [...application.querySelectorAll("form [name]")].filter((field) => !field.disabled);
    const forgotten = () => [...application.querySelectorAll("[data-forget]:checked")].map((box) => box.dataset.forget);
    const isNew = (field) => field.name.startsWith("models/+") && (field.value || field.name.endsWith("/name"));
    const changes = () => ({
      fields: Object.fromEntries(fields().filter((f) => isChanged(f) || isNew(f)).map((f) => [f.name, f.value])),
      forget: forgotten(),
      remove: removed,
    });
    const isDirty = () => {
      const { fields: given, forget, remove } = changes();
      return Object.keys(given).length + forget.length + remove.length > 0;
    };

    const mark = (mistakes = {}) => {
      const wrong = fields().filter((field) => {
        const place = field.closest(".row").querySelector(".mistake");
        place.id ||= `mistake-${field.name.replaceAll("/", "-")}`;
        place.textContent = mistakes[field.name] || "";
        field.setAttribute("aria-invalid", Boolean(mistakes[field.name]));
        mistakes[field.name] ? field.setAttribute("aria-describedby", place.id) : field.removeAttribute("aria-describedby");
        return mistakes[field.name];
      });
      wrong[0]?.focus();
    };
    const draw = (html) => {
      removed = [];
      application.innerHTML = html;
    };
    const act = async (place, path, body) => {
      const form = application.querySelector("form");
      if (form.ariaBusy === "true") return {};
      form.ariaBusy = "true";
      place.textContent = roundtable.words["script.settings_working"];
      const told = await sent(path, body);
      form.ariaBusy = "false";
      place.innerHTML = told.told || told.html || "";
      if (path !== "/settings/sandbox") mark(told.mistakes);
      return told;
    };
    const save = async () => {
      const told = await act(application.querySelector(".save .told"), "/settings/app", changes());
      if (!told.html || !told.told) return;
      draw(told.html);
      application.querySelector(".save .told").innerHTML = told.told;
      application.querySelector(".save button").focus();
    };
    const add = () => {
      const card = application.querySelector("template").content.firstElementChild.cloneNode(true);
      const name = `+${++added}`;
      const renamed = (text) => text.replace("/+/", `/${name}/`);
      for (const field of card.querySelectorAll("[name]")) [field.name, field.id] = [field.name, field.id].map(renamed);
      card.querySelectorAll("[for]").forEach((label) => (label.htmlFor = renamed(label.htmlFor)));
      [card, ...card.querySelectorAll("[data-model]")].forEach((node) => (node.dataset.model = name));
      application.querySelector(".cards").append(card);
      card.querySelector("input").focus();
    };
    const remove = (card) => {
      if (!card.dataset.model.startsWith("+")) removed.push(card.dataset.model);
      card.remove();
      application.querySelector(".add").focus();
    };

    const show = async () => {
      if (application.children.length && isDirty()) return;
      const mine = await sent("/settings");
      own.innerHTML = mine.html || mine.told;
      own.querySelectorAll("[data-cookie]").forEach((list) => (list.value = cookie(list.dataset.cookie)));
      if (!mine.admin) return;
      if (!application.children.length) application.textContent = roundtable.words["script.settings_working"];
      const told = await sent("/settings/app");
      draw(told.html || told.told);
    };

    own.addEventListener("change", ({ target }) => target.dataset.cookie && remember(target.dataset.cookie, target.value));
    application.addEventListener("submit", (event) => {
      event.preventDefault();
      save();
    });
    application.addEventListener("click", ({ target }) => {
      const place = target.closest(".act")?.querySelector(".told");
      if (target.matches(".test")) act(place, "/settings/test", { ...changes(), model: target.dataset.model });
      else if (target.matches(".check")) act(place, "/settings/sandbox", {});
      else if (target.matches(".add")) add();
      else if (target.matches(".remove")) remove(target.closest(".card"));
    });
    new IntersectionObserver((entries) => entries.at(-1).isIntersecting && show()).observe(element);
  };

  return { preferences };
})());
