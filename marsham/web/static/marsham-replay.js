// Runs in archived pages before any of their own scripts. It leads addresses made by scripts into the
// archive, stands in for what a page without an origin has not, and tells the page above the frame
// where a reader goes. It is no border: a page may undo all of it, and the policy sent with every
// answer still keeps it in the archive.
(() => {
  "use strict";
  const script = document.currentScript;
  const own = script.dataset.own || "";
  const cookies = new Map();
  for (const pair of (script.dataset.cookies || "").split("; ")) {
    const [name, ...value] = pair.split("=");
    if (value.length) cookies.set(name, value.join("="));
  }
  script.remove();

  const PLACE = /^\/web\/(\d{4,14}(?:-\d{1,6})?)(?:~\d{4,14})?[a-z]{2,4}_\/(https?:\/\/.*)$/is;
  const OURS = /^\/(?:search|form)\/\d{14}\//;
  const place = PLACE.exec(location.pathname + location.search);
  if (!place) return;
  const [, captured, original] = place;
  const timestamp = captured.split("-")[0];
  const page = new URL(original);
  const native = {
    setAttribute: Element.prototype.setAttribute,
    getAttribute: Element.prototype.getAttribute,
    assign: location.assign.bind(location),
    parse: URL,
  };

  // The replay address of what a script asks for; what is none of the web's stays as it is.
  const led = (address, modifier) => {
    const written = String(address);
    let url;
    try {
      url = new native.parse(written, document.baseURI);
    } catch {
      return written;
    }
    if (url.protocol !== "http:" && url.protocol !== "https:") return written;
    if (url.origin === location.origin || url.host === location.host) {
      if (/^\/(?:own\/[0-9a-f]{32}\/)?web\/\d/.test(url.pathname)) return written;
      if (OURS.test(url.pathname)) return written;
      return lead(page.origin + url.pathname + url.search, modifier) + url.hash;
    }
    // A site's own origin may be named by a replay address already.
    if (/^\/web\/\d{4,14}(?:-\d+)?(?:~\d+)?[a-z]{2,4}_\/https?:/.test(url.pathname)) return written;
    return lead(url.origin + url.pathname + url.search, modifier) + url.hash;
  };
  const lead = (url, modifier) => `/web/${timestamp}${modifier}/${url}`;
  // What a script reads: where pages have no origin, the address proves that the site itself asks.
  const read = (address, modifier) => {
    const found = led(address, modifier);
    if (!own) return found;
    const match = PLACE.exec(found.replace(location.origin, ""));
    return match && new native.parse(match[2]).host.replace(/^www\d*\./, "") ===
      page.host.replace(/^www\d*\./, "") ? own + found.replace(location.origin, "") : found;
  };

  const USES = {
    IMG: { src: "im_", srcset: "im_" }, SCRIPT: { src: "js_" }, IFRAME: { src: "if_" },
    FRAME: { src: "if_" }, LINK: { href: "cs_" }, VIDEO: { src: "oe_", poster: "im_" },
    AUDIO: { src: "oe_" }, SOURCE: { src: "oe_", srcset: "im_" }, TRACK: { src: "oe_" },
    EMBED: { src: "oe_" }, OBJECT: { data: "oe_" }, INPUT: { src: "im_", formaction: "mp_" },
    FORM: { action: "mp_" }, BUTTON: { formaction: "mp_" }, A: { href: "mp_" },
    AREA: { href: "mp_" }, IMAGE: { href: "im_", "xlink:href": "im_" }, BODY: { background: "im_" },
  };
  const use = (element, name) => {
    const uses = USES[element.tagName.toUpperCase()];
    if (!uses || !uses[name]) return "";
    if (element.tagName === "SCRIPT" && element.type === "module") return "jm_";
    if (element.tagName === "LINK" && !/stylesheet|style/i.test(element.rel + element.as)) {
      return /icon|image/i.test(element.rel + element.as) ? "im_" : "oe_";
    }
    return uses[name];
  };
  const images = (value) =>
    value.replace(/([^\s,][^\s]*[^\s,]|[^\s,])(\s+[\d.]+[wxh])?(\s*,|\s*$)/g,
      (_, address, size = "", end) => led(address, "im_") + size + end);
  const changed = (element, name, value) => {
    const modifier = use(element, name);
    if (!modifier || value === "" || /^\s*#/.test(value)) return value;
    return name === "srcset" ? images(value) : led(value, modifier);
  };
  const styles = (text) =>
    text.replace(/(url\(\s*["']?|@import\s+["'])((?:https?:)?\/\/?[^"')\s]+)/gi,
      (all, before, address) => before + led(address, /@import/i.test(before) ? "cs_" : "im_"));
  // Markup written by a script: addresses that begin at the root of a site, or name one.
  const markup = (text) =>
    String(text).replace(
      /(<(\w+)\b[^>]*?\s)((?:src|href|poster|data|action|background)\s*=\s*["']?)((?:https?:)?\/\/?[^"'\s>]+)/gi,
      (all, before, tag, name, address) => {
        const uses = USES[tag.toUpperCase()] || {};
        const modifier = uses[name.split("=")[0].trim().toLowerCase()];
        return modifier ? before + name + led(address, modifier) : all;
      });

  const wrap = (owner, name, make) => {
    const held = owner && Object.getOwnPropertyDescriptor(owner, name);
    if (held && typeof held.value === "function" && held.configurable) {
      Object.defineProperty(owner, name, { ...held, value: make(held.value) });
    }
  };
  const guard = (owner, name, change) => {
    const held = owner && Object.getOwnPropertyDescriptor(owner, name);
    if (!held || !held.set || !held.configurable) return;
    Object.defineProperty(owner, name, {
      ...held,
      set(value) {
        held.set.call(this, change(this, value));
      },
    });
  };

  for (const [owner, name] of [
    [HTMLImageElement, "src"], [HTMLImageElement, "srcset"], [HTMLScriptElement, "src"],
    [HTMLIFrameElement, "src"], [HTMLFrameElement, "src"], [HTMLLinkElement, "href"],
    [HTMLMediaElement, "src"], [HTMLVideoElement, "poster"], [HTMLSourceElement, "src"],
    [HTMLSourceElement, "srcset"], [HTMLTrackElement, "src"], [HTMLEmbedElement, "src"],
    [HTMLObjectElement, "data"], [HTMLInputElement, "src"], [HTMLFormElement, "action"],
    [HTMLAnchorElement, "href"], [HTMLAreaElement, "href"],
  ]) {
    guard(owner.prototype, name, (element, value) => {
      const address = changed(element, name, String(value));
      if (!own || owner !== HTMLImageElement || name !== "src") return address;
      // What a page without an origin draws can be looked at if it may be read.
      const readable = read(address, "im_");
      if (readable.startsWith(own)) element.crossOrigin = "anonymous";
      return readable;
    });
  }
  const attribute = (element, name, value) =>
    name === "style" ? styles(String(value)) : changed(element, name, String(value));
  wrap(Element.prototype, "setAttribute", (set) => function (name, value) {
    return set.call(this, name, attribute(this, String(name).toLowerCase(), value));
  });
  wrap(Element.prototype, "setAttributeNS", (set) => function (space, name, value) {
    return set.call(this, space, name, attribute(this, String(name).toLowerCase(), value));
  });
  for (const name of ["innerHTML", "outerHTML"]) {
    guard(Element.prototype, name, (_, value) => markup(value));
  }
  wrap(Element.prototype, "insertAdjacentHTML", (insert) => function (where, text) {
    return insert.call(this, where, markup(text));
  });
  for (const name of ["write", "writeln"]) {
    wrap(Document.prototype, name, (write) => function (...texts) {
      return write.call(this, markup(texts.join("")));
    });
  }
  wrap(CSSStyleSheet.prototype, "insertRule", (insert) => function (rule, ...more) {
    return insert.call(this, styles(String(rule)), ...more);
  });
  wrap(CSSStyleDeclaration.prototype, "setProperty", (set) => function (name, value, ...more) {
    return set.call(this, name, styles(String(value)), ...more);
  });
  guard(CSSStyleDeclaration.prototype, "cssText", (_, value) => styles(String(value)));
  for (const name of ["replace", "replaceSync"]) {
    wrap(CSSStyleSheet.prototype, name, (replace) => function (text) {
      return replace.call(this, styles(String(text)));
    });
  }
  guard(HTMLIFrameElement.prototype, "srcdoc", (_, value) => markup(value));

  // What came into the page by another way: the policy stopped it, so it is asked for again.
  const mend = (element) => {
    for (const name of Object.keys(USES[element.tagName.toUpperCase()] || {})) {
      const value = native.getAttribute.call(element, name);
      if (!value) continue;
      const wanted = changed(element, name, value);
      if (wanted !== value) native.setAttribute.call(element, name, wanted);
    }
    const style = native.getAttribute.call(element, "style");
    if (style && styles(style) !== style) native.setAttribute.call(element, "style", styles(style));
    if (element.tagName === "STYLE" && styles(element.textContent) !== element.textContent) {
      element.textContent = styles(element.textContent);
    }
  };
  const observer = new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "attributes") mend(record.target);
      for (const node of record.addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        mend(node);
        if (node.firstElementChild) node.querySelectorAll("*").forEach(mend);
      }
    }
  });
  const observed = (root) => {
    observer.observe(root, {
      subtree: true, childList: true, attributes: true,
      attributeFilter: ["style", "src", "srcset", "href", "poster", "data", "background"],
    });
    return root;
  };
  observed(document);
  wrap(Element.prototype, "attachShadow", (attach) => function (options) {
    return observed(attach.call(this, options)); // nobody outside sees what changes in there
  });
  guard(ShadowRoot.prototype, "innerHTML", (_, value) => markup(value));

  wrap(window, "fetch", (fetch) => function (asked, options) {
    if (asked instanceof Request) {
      const address = read(asked.url, "mp_");
      return fetch.call(this, address === asked.url ? asked : new Request(address, asked), options);
    }
    return fetch.call(this, read(asked, "mp_"), options);
  });
  wrap(XMLHttpRequest.prototype, "open", (open) => function (method, address, ...more) {
    return open.call(this, method, read(address, "mp_"), ...more);
  });
  for (const name of ["Worker", "SharedWorker", "EventSource"]) {
    if (!window[name]) continue;
    window[name] = new Proxy(window[name], {
      construct: (made, [address, ...more], target) =>
        Reflect.construct(made, [read(address, "js_"), ...more], target),
    });
  }
  // Nothing is told to a server that is gone.
  wrap(Navigator.prototype, "sendBeacon", () => () => true);
  delete window.RTCPeerConnection;
  delete window.webkitRTCPeerConnection;
  if (window.ServiceWorkerContainer) {
    wrap(ServiceWorkerContainer.prototype, "register", () => () =>
      Promise.reject(new DOMException("no service worker in an archive", "SecurityError")));
  }
  for (const name of ["pushState", "replaceState"]) {
    wrap(History.prototype, name, (change) => function (state, title, address) {
      try {
        const where = address == null ? address : led(address, "mp_");
        return change.call(this, state, title, where);
      } catch {
        return change.call(this, state, title); // a page without an origin keeps its address
      }
    });
  }

  // Cookies are the page's as long as it is open, and nothing stays in the browser.
  Object.defineProperty(Document.prototype, "cookie", {
    configurable: true,
    enumerable: true,
    get: () => Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; "),
    set(text) {
      const [pair, ...attributes] = String(text).split(";");
      const at = pair.indexOf("=");
      const name = pair.slice(0, Math.max(at, 0)).trim();
      const value = pair.slice(at + 1).trim();
      let gone = false;
      for (const attribute of attributes) {
        const [key, set = ""] = attribute.split("=").map((part) => part.trim());
        if (/^max-age$/i.test(key)) gone = Number(set) <= 0;
        if (/^expires$/i.test(key)) gone = Date.parse(set) < Date.now();
      }
      if (gone) cookies.delete(name);
      else cookies.set(name, value);
    },
  });
  for (const name of ["localStorage", "sessionStorage"]) {
    let usable = false;
    try {
      // In a frame without credentials the browser forgets it with the page above.
      usable = window.credentialless === true && window[name].length >= 0;
    } catch {
      usable = false;
    }
    if (!usable) {
      const held = storage();
      Object.defineProperty(window, name, { configurable: true, get: () => held });
    }
  }
  function storage() {
    const kept = new Map();
    const methods = {
      getItem: (key) => (kept.has(String(key)) ? kept.get(String(key)) : null),
      setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (index) => Array.from(kept.keys())[index] ?? null,
    };
    return new Proxy(Object.create(Storage.prototype), {
      get: (_, key) =>
        key === "length" ? kept.size : methods[key] || (kept.has(key) ? kept.get(key) : undefined),
      set: (_, key, value) => (kept.set(String(key), String(value)), true),
      has: (_, key) => kept.has(key) || key in methods,
      deleteProperty: (_, key) => (kept.delete(key), true),
      ownKeys: () => Array.from(kept.keys()),
      getOwnPropertyDescriptor: (_, key) =>
        kept.has(key)
          ? { value: kept.get(key), writable: true, enumerable: true, configurable: true }
          : undefined,
    });
  }

  // The page above shows the address, and is told what the reader goes to and what is shown.
  const above = window.parent;
  if (above === window) return;
  const tell = (step, time, url) => above.postMessage({ marsham: step, timestamp: time, url }, "*");
  const told = (address) => {
    const url = new native.parse(address, location.href);
    const match = PLACE.exec(url.pathname + url.search);
    return match && [match[1], match[2] + url.hash];
  };
  const leave = (address) => {
    const found = told(led(address, "mp_"));
    if (found) tell("go", ...found);
    return Boolean(found);
  };
  const outermost = () => above === window.top;
  // Spaces do not count: the text that is quoted was made of blocks, and the page has other ones.
  const MOST = 3e6;
  const show = (before, text, behind) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, (node) =>
      node.parentElement?.closest("script, style, noscript, template")
        ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    const places = [];
    let all = "";
    while (all.length < MOST && walker.nextNode()) {
      const node = walker.currentNode;
      const bare = node.data.replace(/\s+/g, "");
      if (bare) places.push([all.length, node]);
      all += bare;
    }
    let best = -1, most = -1;
    for (let at = text ? all.indexOf(text) : -1; at >= 0; at = all.indexOf(text, at + 1)) {
      const fits = (before && all.endsWith(before, at) ? 2 : 0)
        + (behind && all.startsWith(behind, at + text.length) ? 1 : 0);
      if (fits > most) [best, most] = [at, fits];
    }
    if (best < 0) return;
    const place = (at) => {
      let low = 0, high = places.length;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (places[middle][0] <= at) low = middle;
        else high = middle;
      }
      const [start, node] = places[low];
      let left = at - start, offset = 0;
      while (/\s/.test(node.data[offset]) || left-- > 0) offset += 1;
      return [node, offset];
    };
    const range = document.createRange();
    range.setStart(...place(best));
    const [last, offset] = place(best + text.length - 1);
    range.setEnd(last, offset + 1);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("::highlight(marsham-mark) { background: #ffe9a3; color: #000; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    CSS.highlights.set("marsham-mark", new Highlight(range));
    range.startContainer.parentElement.scrollIntoView({ block: "center" });
  };
  if (outermost()) tell("shown", captured, original);
  window.addEventListener("message", (event) => {
    // From the page above: a quote to be shown. From a frame of this page: on to the page above.
    if (event.source === above && event.data?.marsham === "mark" && outermost()) {
      event.stopImmediatePropagation();
      const { before, text, behind } = event.data;
      show(...[before, text, behind].map((one) => String(one ?? "").replace(/\s+/g, "")));
      return;
    }
    if (event.source === above || !event.data || typeof event.data.marsham !== "string") return;
    event.stopImmediatePropagation();
    const { marsham, timestamp: time, url } = event.data;
    if (marsham === "go" || marsham === "own") tell(marsham, time, url);
  });
  window.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find(
      (one) => one instanceof Element && one.matches("a[href], area[href]"));
    if (!link || link.hasAttribute("download")) return;
    const base = document.querySelector("base[target]");
    const target = (link.target || base?.target || "_self").toLowerCase();
    const outward = ["_blank", "_new", "_top"].includes(target);
    const inside = target === "_self" || (target === "_parent" && outermost());
    if (!outward && !(inside && outermost())) return;
    if (/^\s*#/.test(native.getAttribute.call(link, "href"))) return;
    if (leave(String(link.href.baseVal ?? link.href))) event.preventDefault();
  });
  window.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    const by = event.submitter;
    const address = (by && native.getAttribute.call(by, "formaction"))
      || native.getAttribute.call(form, "action") || location.href;
    const url = new native.parse(address, document.baseURI);
    const ours = url.host === location.host && OURS.test(url.pathname);
    const posts = /^post$/i.test(form.getAttribute("method") || "");
    if (!ours && (posts || !outermost())) return;
    const typed = new URLSearchParams();
    for (const [name, value] of new FormData(form, by)) {
      if (typeof value === "string") typed.append(name, value);
    }
    if (!posts && !/^\/form\//.test(url.pathname)) url.search = typed;
    event.preventDefault();
    if (ours) above.postMessage({ marsham: "own", url: url.pathname + url.search }, "*");
    else leave(url.href);
  });
  // A script that leads its own page on; browsers tell of it where the page has an origin.
  window.navigation?.addEventListener("navigate", (event) => {
    const to = event.destination.url;
    const wanted = new native.parse(led(to, "mp_"), location.href).href;
    if (wanted === to || event.hashChange || !event.cancelable) return;
    event.preventDefault();
    if (outermost()) leave(to);
    else native.assign(wanted);
  });
  wrap(window, "open", () => (address) => {
    if (address) leave(address);
    return null;
  });
})();
