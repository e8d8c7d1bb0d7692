// The two browsers: the system's Chromium, and Firefox ESR, both driven through puppeteer-core.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export const modules = createRequire(`${process.env.MODULES}/`);
const puppeteer = modules("puppeteer-core");

const QUIET = {  // Firefox: ask nobody for anything of your own
  "app.normandy.enabled": false,
  "browser.region.network.url": "",
  "browser.safebrowsing.provider.mozilla.updateURL": "",
  "captivedetect.canonicalURL": "",
  "extensions.getAddons.cache.enabled": false,
  "media.gmp-manager.url": "",
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "",
};

/** Start a browser for which our server is the proxy to all other hosts. */
export function launch(kind, { profile, prefs } = {}) {
  const { host } = new URL(process.env.ADDRESS);
  const [name, port] = host.split(":");
  const shared = { headless: true, userDataDir: profile, protocolTimeout: 120_000, defaultViewport: null };
  if (kind === "chromium") {
    const args = [`--proxy-server=${host}`, "--no-sandbox", "--disable-gpu", "--hide-scrollbars"];
    return puppeteer.launch({ ...shared, browser: "chrome", executablePath: process.env.BROWSER, args });
  }
  const proxy = {
    "network.proxy.type": 1, "network.proxy.http": name, "network.proxy.http_port": Number(port),
    "network.proxy.ssl": name, "network.proxy.ssl_port": Number(port),
  };
  const extraPrefsFirefox = { ...QUIET, ...proxy, ...prefs };
  return puppeteer.launch({ ...shared, browser: "firefox", executablePath: process.env.BROWSER, extraPrefsFirefox });
}

/** What the server was asked since it was told to forget, and what of other hosts. */
export async function asked() {
  return (await fetch(`${process.env.ADDRESS}/-/asked`)).json();
}

/** Give the server faults, and have it forget what it was asked. */
export async function faults(wanted = {}) {
  await fetch(`${process.env.ADDRESS}/-/forget`, { method: "POST", body: JSON.stringify(wanted) });
}

/** Right and wrong answers to each exercise. */
export const answers = () => JSON.parse(readFileSync(`${process.env.FOLDER}/answers.json`, "utf-8"));
