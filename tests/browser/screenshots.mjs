// Pictures of the pages for the README: 35 tenants, runs of many weeks, one run under way.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Visitor } from "./visitor.mjs";
import { World } from "./world.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

// What happened, a run each: all was new; then quiet weeks, with one in which a tenant failed, people who cancelled, and a
// list that lost most of its people, which the guard held.
const cancel = (tenant, percent) => ["PUT", `/cancel?tenant=${tenant}&percent=${percent}`];
const fail = (tenant, status) => ["PUT", `/fault?tenant=${tenant}&fault=${status}`];
const mend = ["DELETE", ""];
const weeks = [[], [cancel("GI", 15)], [], [fail("DA", 401)], [mend, cancel("FD", 15)], [cancel("WI", 15)], [], [fail("MKK", 403)], [mend],
  [cancel("OF", 15)], [cancel("HP", 70)], [mend], [cancel("LM", 12)], [fail("VB", 403)]];

const prepare = async (world) => {
  world.password = "a password for pictures";
  for (const happened of weeks) {
    for (const [method, path] of happened)
      await world.control(method, path);
    world.command(["sync"], { codes: [0, 3, 4] });
  }
  await world.control(...mend);
  world.account("anna", world.password, "admin");
  await world.serve();
  execFileSync(here("stage.py"), [join(world.folder, "lehrgaenge.db")]);
};

const take = async (world, browser, folder) => {
  const arrive = async (how = {}) => {
    const anna = await Visitor.arrive(browser, world, { locale: "en-GB", ...how });
    await anna.signIn("anna", world.password);
    await anna.page.waitForURL(`${world.url}/`);
    return anna;
  };
  const anna = await arrive();
  const shoot = (visitor, name) => visitor.page.screenshot({ path: join(folder, `${name}.png`) });
  await anna.open("/runs");
  await shoot(anna, "history");
  await anna.open("/tasks");
  await shoot(anna, "tasks");
  await world.control(...cancel("FD", 15));
  await anna.open("/import");
  await anna.page.locator("button[value=preview]").click();
  await anna.page.locator("main table").first().waitFor();
  await shoot(anna, "preview");
  // The one that was held.
  await anna.open("/runs/11");
  await shoot(anna, "run");
  const dark = await arrive({ scheme: "dark" });
  const phone = await arrive({ width: 400, height: 800, locale: "de-DE" });
  await world.pace(60);
  await anna.open("/import");
  await anna.page.locator("button[value=start]").click();
  await anna.page.getByRole("link", { name: /^Run \d+$/ }).waitFor();
  for (const visitor of [anna, dark, phone])
    await visitor.open("/");
  await anna.page.waitForFunction(() => parseInt(document.querySelector('[data-live="tenants_done"]')?.textContent) >= 12);
  await shoot(anna, "overview");
  await shoot(dark, "overview-dark");
  await shoot(phone, "phone");
};

export const screenshots = async (launch, folder) => {
  mkdirSync(folder, { recursive: true });
  const world = await World.create({ shape: "35x12x8", tenants: here("../../data/tenants.tsv") });
  let browser = null;
  try {
    await prepare(world);
    browser = await launch();
    await take(world, browser, folder);
  } finally {
    await browser?.close();
    await world.remove();
  }
};
