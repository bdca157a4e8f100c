// Somebody with a browser: opens pages, and minds everything that a good page has none of.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// What a finger needs (WCAG 2.2, 2.5.5), in CSS pixels.
const finger = 44;
const patience = 20_000;

export class Visitor {
  #troubles = [];

  static async arrive(browser, world, { locale = "de-DE", script = true, width = 1200, height = 800, scheme = "light" } = {}) {
    const it = new Visitor();
    it.world = world;
    it.context = await browser.newContext({
      baseURL: world.url, locale, javaScriptEnabled: script, colorScheme: scheme, viewport: { width, height }, reducedMotion: "reduce",
      timezoneId: "Europe/Berlin",
    });
    it.context.setDefaultTimeout(patience);
    it.page = await it.context.newPage();
    it.#listen();
    return it;
  }

  // Chromium tells on the console what the Content-Security-Policy forbade, too.
  #listen() {
    this.page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()))
        this.#troubles.push(`${message.type()} on ${this.page.url()}: ${message.text()}`);
    });
    this.page.on("pageerror", (error) => this.#troubles.push(`script error on ${this.page.url()}: ${error}`));
    this.page.on("response", (answer) => {
      if (answer.status() >= 400)
        this.#troubles.push(`${answer.status()} for ${answer.url()}`);
      if (!answer.url().startsWith(this.world.url))
        this.#troubles.push(`a foreign address: ${answer.url()}`);
    });
  }

  // What was expected to go wrong did, and nothing else: each trouble so far must fit one of these.
  expect(...patterns) {
    const unfit = this.#troubles.filter((trouble) => !patterns.some((pattern) => pattern.test(trouble)));
    assert.deepEqual(unfit, []);
    for (const pattern of patterns)
      assert.ok(this.#troubles.some((trouble) => pattern.test(trouble)), `nothing went wrong like ${pattern}`);
    this.#troubles = [];
  }

  async leave() {
    await this.context.close();
    assert.deepEqual(this.#troubles, []);
  }

  async open(path) {
    const answer = await this.page.goto(path);
    return answer.status();
  }

  path() {
    const url = new URL(this.page.url());
    return url.pathname + url.search;
  }

  async signIn(name, password) {
    if (!this.page.url().includes("/login"))
      await this.open("/login");
    await this.page.fill("[name=name]", name);
    await this.page.fill("[name=password]", password);
    await this.page.click("main form button");
  }

  // Follows a link of the menu.
  async menu(name) {
    await this.page.locator("header").getByRole("link", { name }).click();
  }

  main() {
    return this.page.locator("main");
  }

  // The text of a page's main part, for looking whether something is in it at all.
  async text() {
    return this.main().innerText();
  }

  // A button that is pressed twice sends its form once. It is not really sent: the page is as before afterwards.
  async sendsOnce(button) {
    const sent = await button.evaluate((it) => {
      let count = 0;
      const listen = (event) => {
        count += event.defaultPrevented ? 0 : 1;
        event.preventDefault();
      };
      addEventListener("submit", listen);
      it.click();
      it.click();
      removeEventListener("submit", listen);
      return count;
    });
    assert.equal(sent, 1, "a form that was sent again");
    await this.page.reload();
  }

  // The file that a link leads to.
  async download(link) {
    const [download] = await Promise.all([this.page.waitForEvent("download"), link.click()]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
  }

  // `rules`: only these of axe's; else all.
  async accessible(what, rules = null) {
    if (!(await this.page.evaluate(() => "axe" in globalThis)))
      await this.page.evaluate(axe);
    const violations = await this.page.evaluate(async (only) => {
      const result = await globalThis.axe.run(document, { resultTypes: ["violations"], ...(only && { runOnly: only }) });
      return result.violations.filter((it) => ["serious", "critical"].includes(it.impact))
        .map((it) => `${it.id}: ${it.help}: ${it.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`);
    }, rules);
    assert.deepEqual(violations, [], `${what}: what axe found`);
  }

  // Nothing sticks out at the side, and what is to be pressed is large enough for a finger.
  async fitsPhone(what, width) {
    await this.page.setViewportSize({ width, height: 800 });
    const found = await this.page.evaluate((size) => {
      const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      const controls = "button, select, summary, header a:not(.skip), footer a, .tabs a, .button, input:not([type=checkbox], [type=radio], [type=hidden])";
      const small = [...document.querySelectorAll(controls)]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < size - 0.5)
        .map((element) => `${element.outerHTML.slice(0, 120)} is ${element.getBoundingClientRect().height} high`);
      return over > 0 ? [`the page is ${over} wider than the screen`, ...small] : small;
    }, finger);
    assert.deepEqual(found, [], `${what} at ${width} pixels`);
  }
}
