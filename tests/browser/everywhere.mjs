// What holds for every page: light and dark, both languages, any width.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";

import { Visitor } from "./visitor.mjs";

const pages = (world) => ["/", "/import", "/runs", "/runs?status=held", `/runs/${world.runs.all}`, `/runs/${world.runs.all}?only=all&q=HP-F-I-`,
  `/runs/${world.runs.mkk}`, `/journal?shortname=FD-F-I-${world.year % 100}`, "/tasks", "/tasks?show=all", "/tasks/1", "/configuration",
  "/audit", "/account"];

const look = async (visitor, path, schemes) => {
  const status = await visitor.open(path);
  assert.ok(status === 200 || path === "/nowhere", `${path} answered ${status}`);
  await visitor.accessible(`${path}, ${schemes[0]}`);
  await visitor.page.emulateMedia({ colorScheme: schemes[1] });
  // The other scheme changes nothing but colours.
  await visitor.accessible(`${path}, ${schemes[1]}`, ["color-contrast", "link-in-text-block"]);
  await visitor.page.emulateMedia({ colorScheme: schemes[0] });
  for (const width of [400, 320])
    await visitor.fitsPhone(path, width);
  await visitor.page.setViewportSize({ width: 1200, height: 800 });
};

const every = (locale, ...schemes) => async (world, browser) => {
  const guest = await Visitor.arrive(browser, world, { locale, scheme: schemes[0] });
  await look(guest, "/login", schemes);
  await guest.signIn("anna", world.password);
  await guest.page.waitForURL(`${world.url}/`);
  for (const path of pages(world))
    await look(guest, path, schemes);
  await look(guest, "/nowhere", schemes);
  guest.expect(/^404 for .*nowhere/, /^error on .*404/);
  await guest.open("/import");
  await guest.page.locator("button[value=preview]").click();
  await guest.page.locator("main table").first().waitFor();
  await look(guest, guest.path(), schemes);
  await guest.leave();
};

export const everywhere = [
  ["every page in German: accessible in light and dark, fits a phone, breaks no rule of its own", every("de-DE", "light", "dark")],
  ["every page in English: the same", every("en-GB", "dark", "light")],
];
