// Runs in our own page, above the frame. The frame's window is of another origin: it can be led to an
// address, and nothing else. Once it is loaded that is a step within the page; before, it would race
// with the loading.
//
// What the frame says is believed of nothing but the page of ours to be shown next, and only from an
// origin that shows archived pages. A page shown in the frame that says nothing, such as a picture, is
// not the one the banner is about: then the frame is led back.
(() => {
  const frame = document.querySelector("iframe");
  // A quote to be shown: what stands before it, itself, and what stands behind it.
  const MARK = /^#marsham-mark:([^,]{0,999}),([^,]{1,4999}),([^,]{0,999})$/;
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  // Some browsers tell of a step within the page as of a page loaded, though nothing is shown anew.
  let stepping = false;
  const lead = () => {
    const mark = MARK.exec(location.hash);
    if (mark) {
      const [before, text, behind] = mark.slice(1).map(decoded);
      frame.contentWindow.postMessage({ marsham: "mark", before, text, behind }, "*");
    } else if (location.hash !== "#snapshot") {
      stepping = true;
      frame.contentWindow.location.replace(frame.src + location.hash);
    }
  };
  addEventListener("hashchange", lead);

  const SHOWN = /^\/web\/(\d{14}(?:-\d{1,6})?)(?:~\d{4,14})?\/(.*)$/s;
  const TIME = /^\d{14}(?:-\d{1,6})?$/;
  const OWN = /^\/(search|form)\/\d{14}\/[^\s"<>\\^`{|}]{0,8000}$/;
  const URL_ = /^https?:\/\/[^\s"<>\\^`{|}]{1,8000}$/i;
  const LABEL = /^h-[a-z2-7]{12}$/;
  const shown = SHOWN.exec(location.pathname + location.search);
  const [before, after] = frame.dataset.sites.split("*");
  const archived = (origin) =>
    after === undefined
      ? origin === "null"
      : origin.startsWith(before) && origin.endsWith(after) &&
        LABEL.test(origin.slice(before.length, -after.length));
  const plain = (url) => {
    try {
      return decodeURI(url.split("#")[0]);
    } catch {
      return url.split("#")[0];
    }
  };
  let loads = 0, told = false, left = false;
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || !archived(event.origin) || left || !shown) return;
    const { marsham, timestamp, url } = Object(event.data);
    if (typeof url !== "string" || typeof marsham !== "string") return;
    if (marsham === "own") {
      if (OWN.test(url)) location.assign(url);
      return;
    }
    if (!TIME.test(timestamp) || !URL_.test(url)) return;
    const address = `/web/${timestamp}/${url}`;
    if (marsham === "go") {
      location.assign(address);
    } else if (marsham === "shown") {
      told = true;
      stepping = false;
      if (timestamp === shown[1] && plain(url) === plain(shown[2])) return;
      left = true;
      location.replace(address);
    }
  });
  frame.addEventListener("load", () => {
    const silent = !told && !stepping && !left;
    if (loads && silent && loads < 9) frame.contentWindow.location.replace(frame.src);
    loads += 1;
    told = stepping = false;
  });
  // After the listener above, which takes note of every load and would forget this step.
  if (location.hash) frame.addEventListener("load", lead, { once: true });
})();
