// The evaluation tab: regions the server draws, and everything in them that is clicked, chosen, typed or uploaded.
Object.assign(window.roundtable, (() => {
  const SURE_MS = 4000;
  const RETRY_MS = 2000;
  const fresh = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const tab = fresh();
  let begins = false;
  const said = (name, values = {}) =>
    roundtable.words[`script.evaluation_${name}`].replace(/\{(\w+)\}/g, (_, key) => values[key]);

  // What a person typed, opened and has the focus on stays when a region is drawn anew.
  const name = (field) => field.id || `${field.name}=${field.value}`;
  const kept = (node) => ({
    focus: node.contains(document.activeElement) && document.activeElement.id,
    open: [...node.querySelectorAll("details[open]")].map((details) => details.id),
    fields: new Map([...node.querySelectorAll("form :is(input, select):not([type=file], [data-fresh])")].map((field) =>
      [name(field), /radio|checkbox/.test(field.type) ? field.checked : field.value])),
  });
  const restore = (node, { focus, open, fields }) => {
    for (const field of node.querySelectorAll("form :is(input, select)")) {
      if (!fields.has(name(field))) continue;
      if (/radio|checkbox/.test(field.type)) field.checked = fields.get(name(field));
      else if (field.tagName !== "SELECT") field.value = fields.get(name(field));
    }
    for (const id of open) node.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  };

  // Questions: every change of a row is sent when it is made.
  const chip = (source, row) => {
    const known = [...document.querySelectorAll("#evaluation-documents option")].some((one) => one.value === source);
    const made = document.createElement("span");
    made.className = known ? "chip" : "chip absent";
    made.dataset.name = source;
    made.append(source);
    if (!known) made.append(` (${said("absent")})`);
    const drop = document.createElement("button");
    Object.assign(drop, { type: "button", textContent: "×", ariaLabel: said("remove", { name: source }) });
    drop.dataset.drop = "";
    made.append(drop);
    row.querySelector(".chips").append(made);
  };
  const field = (row, name) => row.querySelector(`[data-field=${name}]`);
  const sources = (row) => [...row.querySelectorAll(".chip")].map((one) => one.dataset.name);
  const taken = (row) => {
    const input = field(row, "source");
    const source = input.value.trim();
    input.value = "";
    if (!source || sources(row).includes(source)) return false;
    chip(source, row);
    return true;
  };
  const saved = (row, act) => {
    const text = field(row, "text").value.trim();
    const kb = row.closest("[data-kb]").dataset.kb;
    const answer = field(row, "answer").value;
    if (text) act({ act: "put", kb, id: row.dataset.id, text, answer, sources: sources(row) });
  };
  const added = (section) => {
    const row = section.querySelector("template").content.firstElementChild.cloneNode(true);
    const id = fresh();
    for (const part of row.querySelectorAll("[id]")) part.id = part.id.replace("q-new-", `q-${id}-`);
    for (const label of row.querySelectorAll("label")) label.htmlFor = label.htmlFor.replace("q-new-", `q-${id}-`);
    row.dataset.id = id;
    section.querySelector(".none")?.remove();
    section.querySelector(".rows").append(row);
    field(row, "text").focus();
  };

  const upload = async (input, act) => {
    const [file] = input.files;
    const status = input.parentElement.querySelector(".uploading");
    if (!file) return;
    status.textContent = said("uploading");
    input.disabled = true;
    try {
      const address = `evaluation/datasets?name=${encodeURIComponent(file.name)}`;
      const answer = await (await fetch(address, { method: "POST", body: file })).json();
      status.innerHTML = answer.problem || "";
      if (answer.dataset) act({ act: "look", dataset: answer.dataset });
    } catch {
      status.textContent = said("failed");
    }
    input.disabled = false;
    input.value = "";
  };

  const form = (element) => {
    const data = new FormData(element);
    const text = (name) => data.get(name) ?? "";
    return {
      act: "run", strategies: data.getAll("strategies"), source: text("source"), kb: text("kb"),
      dataset: text("dataset"), path: text("path"), k: text("k"),
    };
  };

  // A button that deletes asks once more, on itself.
  const isSure = (button) => {
    if (!("sure" in button.dataset) || button.classList.contains("sure")) return true;
    const [label, text] = [button.ariaLabel, button.textContent];
    button.classList.add("sure");
    button.ariaLabel = button.textContent = said("really");
    setTimeout(() => {
      button.classList.remove("sure");
      [button.ariaLabel, button.textContent] = [label, text];
    }, SURE_MS);
    return false;
  };

  const clicked = (target, act) => {
    const row = target.closest(".asked");
    const section = target.closest(".questions");
    if ("add" in target.dataset) return added(section);
    if ("drop" in target.dataset) {
      target.closest(".chip").remove();
      field(row, "source").focus();
      return saved(row, act);
    }
    if ("remove" in target.dataset) {
      const next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      (next ? field(next, "text") : section.querySelector("[data-add]")).focus();
      return act({ act: "remove", kb: section.dataset.kb, id: row.dataset.id });
    }
    if (target.dataset.act && isSure(target)) act({ ...target.dataset });
  };

  const changed = async (target, act) => {
    const row = target.closest(".asked");
    if ("upload" in target.dataset) return upload(target, act);
    if ("import" in target.dataset) {
      const [file] = target.files;
      const kb = target.closest("[data-kb]").dataset.kb;
      target.value = "";
      return file && act({ act: "import", kb, text: await file.text() });
    }
    if (row) return target.dataset.field === "source" ? taken(row) && saved(row, act) : saved(row, act);
    if (target.dataset.act) act({ ...target.dataset, value: target.type === "checkbox" ? target.checked : target.value });
  };

  const draw = (node, html) => {
    if (node.drawn === html) return;
    const before = kept(node);
    node.drawn = html;
    node.innerHTML = html;
    restore(node, before);
    const running = node.querySelector(".running");
    if (running && begins) running.scrollIntoView({ block: "nearest" });
    if (running) begins = false;
  };

  // One stream of what changed, while the tab is to be seen; a broken one is opened again and begins with everything.
  const follow = () => {
    let source = null;
    const open = () => {
      source = new EventSource(`evaluation/live?tab=${tab}`);
      source.onmessage = ({ data }) => {
        for (const [region, html] of Object.entries(JSON.parse(data)))
          draw(document.getElementById(`evaluation-${region}`), html);
      };
      source.onerror = () => {
        if (source?.readyState === EventSource.CLOSED) setTimeout(() => source && open(), RETRY_MS);
      };
    };
    return (isSeen) => {
      if (isSeen === Boolean(source)) return;
      if (isSeen) open();
      else {
        source.close();
        source = null;
      }
    };
  };

  const evaluation = (element) => {
    let turn = Promise.resolve();
    const send = async (data) => {
      const headers = { "Content-Type": "application/json" };
      const sent = { method: "POST", headers, body: JSON.stringify(data), keepalive: data.act === "put" };
      for (;;) {
        const answer = await fetch(`evaluation/act?tab=${tab}`, sent).catch(() => null);
        if (answer && answer.status !== 429) return;
        await new Promise((done) => setTimeout(done, RETRY_MS));
      }
    };
    const act = (data) => (turn = turn.then(() => send(data)));
    element.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) clicked(button, act);
    });
    element.addEventListener("change", ({ target }) => changed(target, act));
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      begins = true;
      act(form(event.target));
    });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.target.dataset.field !== "source") return;
      event.preventDefault();
      const row = event.target.closest(".asked");
      if (taken(row)) saved(row, act);
    });
    const seen = follow();
    let shown = false;
    document.addEventListener("visibilitychange", () => seen(shown && !document.hidden));
    new IntersectionObserver((entries) => {
      shown = entries.at(-1).isIntersecting;
      seen(shown && !document.hidden);
      if (shown) act({ act: "look" });
    }).observe(element);
  };

  return { evaluation };
})());
