// Before every request: waits for an application that is being prepared, and says when the sign-in has ended.
(() => {
  const asked = window.fetch.bind(window);
  const say = () => {
    if (document.getElementById("sign-in-ended")) return;
    const [note, link] = [document.createElement("p"), document.createElement("a")];
    note.id = "sign-in-ended";
    note.className = "problem";
    note.setAttribute("role", "alert");
    link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = roundtable.words["script.sign_in_again"];
    note.append(`${roundtable.words["script.sign_in_expired"]} `, link);
    document.body.prepend(note);
    link.focus();
  };
  const WAIT_MS = 1000;
  window.fetch = async (...request) => {
    const answer = await asked(...request);
    if (answer.status === 503 && new URL(answer.url).origin === location.origin) {
      await new Promise((done) => setTimeout(done, WAIT_MS)); // the application is still being prepared
      return window.fetch(...request);
    }
    if (answer.status === 401 && new URL(answer.url).origin === location.origin) say();
    return answer;
  };
})();
