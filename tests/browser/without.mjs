// Without a mouse, and without JavaScript.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";

import { Visitor } from "./visitor.mjs";

// Presses Tab until what has the focus fits; on the way everything that gets it must be to be seen and look focused.
const tabTo = async (visitor, fits, what) => {
  for (let presses = 0; presses < 80; presses++) {
    await visitor.page.keyboard.press("Tab");
    const [there, seen] = await visitor.page.evaluate(([source]) => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.top >= 0 && box.bottom <= innerHeight + 1;
      return [new Function("element", `return (${source})(element)`)(element), shown ? "" : element.outerHTML.slice(0, 160)];
    }, [fits.toString()]);
    assert.equal(seen, "", "has the focus, and nobody can see it");
    if (there)
      return;
  }
  assert.fail(`Tab does not lead to ${what}`);
};

export const without = [
  ["by keyboard: past the menu, in the order of reading, to an import", async (world, browser) => {
    const olga = await Visitor.arrive(browser, world);
    const keys = olga.page.keyboard;
    await olga.open("/login");
    await olga.page.locator("[name=name]:focus").waitFor();
    await keys.type("olga");
    await keys.press("Tab");
    await keys.type(world.password);
    await keys.press("Enter");
    await olga.page.waitForURL(`${world.url}/`);
    await keys.press("Tab");
    assert.equal(await olga.page.evaluate(() => document.activeElement.className), "skip");
    await keys.press("Enter");
    await keys.press("Tab");
    assert.ok(await olga.page.evaluate(() => document.querySelector("main").contains(document.activeElement)));
    await olga.open("/import");
    const order = await olga.page.evaluate(() => [...document.querySelectorAll("header a:not(.skip), header button")]
      .map((element) => element.getBoundingClientRect()).map((box) => [Math.round(box.top / 30), box.left]));
    assert.deepEqual(order, [...order].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    await tabTo(olga, (element) => element.name === "year", "the year");
    await keys.type(String(world.year));
    await tabTo(olga, (element) => element.name === "scope", "the choice of tenants");
    await keys.press("ArrowDown");
    await tabTo(olga, (element) => element.value === "FD", "the tenant");
    await keys.press("Space");
    await tabTo(olga, (element) => element.value === "start", "the button");
    await keys.press("Enter");
    await olga.page.waitForURL("**/imports/*");
    await olga.page.getByRole("link", { name: /^Lauf \d+$/ }).waitFor();
    assert.match(await olga.text(), /FD/);
    assert.doesNotMatch(await olga.text(), /HP/);
    await olga.leave();
  }],

  ["without JavaScript: preview, import, run and its files", async (world, browser) => {
    const olga = await Visitor.arrive(browser, world, { script: false });
    await olga.signIn("olga", world.password);
    await olga.menu("Import starten");
    await olga.page.selectOption("[name=year]", String(world.year));
    await olga.page.getByLabel("nur diese").check();
    await olga.page.getByLabel("HP – Landkreis Bergstraße").check();
    await olga.page.getByRole("button", { name: "Vorschau" }).click();
    await olga.page.getByRole("button", { name: "Diesen Import starten" }).first().click();
    await olga.page.waitForURL("**/imports/*");
    await olga.page.getByRole("link", { name: /^Lauf \d+$/ }).click();
    await olga.page.locator("main .badge.success").first().waitFor();
    const csv = await olga.download(olga.page.getByRole("link", { name: "Kurse als CSV" }));
    assert.match(csv.text, /HP-/);
    await olga.menu("Verlauf");
    await olga.page.locator("table.runs a").first().waitFor();
    await olga.page.getByRole("link", { name: "English" }).click();
    await olga.page.getByRole("heading", { name: "History" }).waitFor();
    await olga.page.getByRole("button", { name: "Sign out" }).click();
    await olga.page.waitForURL("**/login");
    await olga.leave();
  }],
];
