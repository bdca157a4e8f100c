// The pages in a real browser. One service for all tests, which come in the order of a day's work.
//
//   run.mjs                        the tests
//   run.mjs --screenshots FOLDER   pictures of the pages for the README
//
// SPDX-License-Identifier: GPL-3.0-or-later
import { chromium } from "playwright-core";

import { everywhere } from "./everywhere.mjs";
import { importing } from "./importing.mjs";
import { screenshots } from "./screenshots.mjs";
import { signing } from "./signing.mjs";
import { without } from "./without.mjs";
import { World } from "./world.mjs";

const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });

// A history to begin with, made before the service starts: two runs, one of them with a tenant that failed.
const prepare = async (world) => {
  world.password = "a password for the tests";
  await world.control("PUT", "/fault?tenant=MKK&fault=403");
  world.command(["sync", "--year", String(world.year), "--tenant", "MKK", "--tenant", "HLFS"], { codes: [3] });
  await world.control("DELETE", "");
  world.command(["sync", "--year", String(world.year), "--tenant", "HLFS"]);
  const [, mkk] = JSON.parse(world.command(["runs", "--json"])).runs.map((run) => run.id);
  world.runs = { mkk, all: 0 };
  world.account("anna", world.password, "admin");
  world.account("olga", world.password, "operator");
  world.account("vera", world.password, "viewer", ["FD"]);
  await world.serve();
};

// How many failed. What others may not see has to be there first: signing in comes after importing.
const go = async (world, browser) => {
  let failed = 0;
  for (const [name, run] of [...importing, ...without, ...signing, ...everywhere]) {
    const begun = Date.now();
    try {
      await run(world, browser);
      console.log(`ok - ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed++;
      console.log(`not ok - ${name}\n${error.stack}`);
    }
    await Promise.all(browser.contexts().map((context) => context.close()));
  }
  return failed;
};

const test = async () => {
  const world = await World.create({ shape: "4x14x6" });
  let browser = null;
  let failed = 1;
  try {
    await prepare(world);
    browser = await launch();
    failed = await go(world, browser);
  } catch (error) {
    console.log(`not ok - getting ready\n${error.stack}`);
  }
  await browser?.close();
  const { code, log } = await world.remove();
  if (code !== 0 || failed > 0)
    console.log(`the service ended with ${code}; its log:\n${log}`);
  return code === 0 && failed === 0;
};

const [option, folder] = process.argv.slice(2);
if (option === "--screenshots" && folder)
  await screenshots(launch, folder);
else
  process.exitCode = await test() ? 0 : 1;
