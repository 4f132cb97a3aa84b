// What every part of the page shares: where it is, how it asks the server, and what it says when that fails.
Object.assign(window.roundtable, (() => {
  const query = (name) => new URL(location).searchParams.get(name) || "";
  const here = () => query("c");
  const beside = () => query("beside");

  const go = (conversation, other = "", { replace = false } = {}) => {
    const url = new URL(location);
    for (const [name, value] of [["c", conversation], ["beside", other]])
      value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
    history[replace ? "replaceState" : "pushState"](null, "", url);
    roundtable.enter();
  };

  const notice = (html) => {
    const place = document.getElementById("notice");
    if (place) place.innerHTML = html;
  };
  const problem = (words) => {
    const box = document.createElement("div");
    box.className = "problem";
    box.setAttribute("role", "alert");
    box.appendChild(document.createElement("h3")).textContent = words;
    return box.outerHTML;
  };

  const answered = async (request) => {
    try {
      const response = await request;
      const told = await response.json().catch(() => ({}));
      if (response.ok) return told;
      notice(told.html || problem(roundtable.words[response.status === 401 ? "script.signed_out" : "script.refused"]));
    } catch {
      notice(problem(roundtable.words["script.unreachable"]));
    }
    return null;
  };
  const get = (path) => answered(fetch(path));
  const post = (path, body = {}) =>
    answered(fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

  const warn = (element) => {
    element.querySelector("p").textContent = roundtable.words["script.unsandboxed"];
    document.getElementById("unsandboxed").parentElement.classList.add("warned");
  };

  return { warn, here, beside, go, notice, get, post };
})());
