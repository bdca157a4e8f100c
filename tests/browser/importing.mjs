// An import from its preview to its downloads, as an operator goes about it.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";

import { Visitor } from "./visitor.mjs";

const number = (text) => Number(text.replaceAll(/[.,]/g, ""));

const rows = (visitor, table) => visitor.page.locator(`${table} tbody tr`);

// A column of numbers of a table.
const column = (visitor, table, head) =>
  visitor.page.locator(table).evaluate((element, name) => {
    const at = [...element.tHead.rows[0].cells].findIndex((cell) => cell.textContent.trim() === name);
    return [...element.tBodies[0].rows].map((row) => row.cells[at].textContent.trim());
  }, head);

// The fields of a CSV line; texts with quotes or separators in them are quoted.
const fields = (line) => [...line.matchAll(/(?:^|[;,])("(?:[^"]|"")*"|[^;,]*)/g)].map((it) => it[1].replaceAll(/^"|"$/g, ""));

export const importing = [
  ["the preview says what an import would do, and changes nothing", async (world, browser) => {
    const olga = await Visitor.arrive(browser, world);
    await olga.signIn("olga", world.password);
    await olga.menu("Import starten");
    await olga.sendsOnce(olga.page.getByRole("button", { name: "Vorschau" }));
    await olga.page.selectOption("[name=year]", String(world.year));
    await olga.page.getByLabel("nur diese").check();
    await olga.page.getByLabel("FD – Landkreis Fulda").check();
    await olga.page.getByRole("button", { name: "Vorschau" }).click();
    await olga.page.waitForURL("**/previews/*");
    await olga.page.getByText("Es wurde nichts geändert").waitFor();
    const text = await olga.text();
    assert.match(text, /FD-F/);
    assert.doesNotMatch(text, /HP-F/);
    await olga.page.locator("main tbody th a").first().click();
    await olga.page.getByRole("heading", { name: /^FD-/ }).waitFor();
    await olga.page.getByText("→").first().waitFor();
    await olga.open("/runs");
    assert.equal(await rows(olga, "table.runs").count(), 2, "a preview is no run");
    await olga.leave();
  }],

  ["an import is started, watched live to its end, and looked at", async (world, browser) => {
    const olga = await Visitor.arrive(browser, world);
    await world.pace(250);
    await olga.signIn("olga", world.password);
    await olga.menu("Import starten");
    await olga.page.selectOption("[name=year]", String(world.year));
    await olga.page.getByRole("button", { name: "Starten" }).click();
    await olga.page.waitForURL("**/imports/*");
    const run = olga.page.getByRole("link", { name: /^Lauf \d+$/ });
    while (await run.count() === 0)
      await olga.page.reload();
    await run.click();
    await olga.page.locator("[data-events]").waitFor();
    // If the page were loaded anew, this would be gone.
    await olga.page.evaluate(() => { globalThis.sameDocument = true; });
    const seen = () => olga.page.waitForFunction((before) => {
      const now = document.querySelector('[data-live="done"]').textContent;
      return now !== before && document.querySelector('progress[data-live="bar-fetch"]').value > 0 && now;
    }, known).then((handle) => handle.jsonValue());
    let known = await olga.page.locator('[data-live="done"]').textContent();
    for (let changes = 0; changes < 2; changes++)
      known = await seen();
    await olga.page.locator("main .badge.success").first().waitFor();
    assert.equal(await olga.page.locator("[data-events]").count(), 0);
    assert.equal(await olga.page.evaluate(() => globalThis.sameDocument), true);
    world.runs.all = Number(olga.path().match(/\/runs\/(\d+)/)[1]);
    await world.pace(0);
    await olga.leave();
  }],

  ["a run's courses are sorted, searched, filtered", async (world, browser) => {
    const olga = await Visitor.arrive(browser, world);
    await olga.signIn("olga", world.password);
    await olga.page.waitForURL(`${world.url}/`);
    await olga.open(`/runs/${world.runs.all}?only=all`);
    const all = await rows(olga, "table.courses").count();
    assert.ok(all > 8);
    const head = (await olga.page.locator("table.courses thead th.number").first().innerText()).trim();
    await olga.page.locator("table.courses").getByRole("link", { name: head, exact: true }).click();
    const upwards = (await column(olga, "table.courses", head)).map(number);
    assert.deepEqual(upwards, [...upwards].sort((a, b) => a - b));
    await olga.page.locator('th[aria-sort="ascending"] a').click();
    await olga.page.locator('th[aria-sort="descending"]').waitFor();
    assert.deepEqual((await column(olga, "table.courses", head)).map(number), [...upwards].reverse());
    await olga.page.fill("[name=q]", "HP-");
    await olga.page.locator("form.filters button").click();
    await olga.page.waitForURL("**q=HP-*");
    const found = await rows(olga, "table.courses").allInnerTexts();
    assert.ok(found.length > 0 && found.length < all);
    assert.ok(found.every((row) => row.includes("HP-")));
    await olga.page.fill("[name=q]", "");
    await olga.page.selectOption("[name=tenant]", "FD");
    await olga.page.locator("form.filters button").click();
    await olga.page.waitForURL("**tenant=FD*");
    assert.ok((await rows(olga, "table.courses").allInnerTexts()).every((row) => row.includes("FD")));
    await olga.leave();
  }],

  ["the downloads hold what the page shows, and the journal tells why", async (world, browser) => {
    const olga = await Visitor.arrive(browser, world);
    await olga.signIn("olga", world.password);
    await olga.page.waitForURL(`${world.url}/`);
    await olga.open(`/runs/${world.runs.all}`);
    const report = await olga.download(olga.page.getByRole("link", { name: "Bericht als JSON" }));
    assert.equal(report.name, `lehrgaenge-run-${world.runs.all}-report.json`);
    const courses = JSON.parse(report.text).tenants.flatMap((tenant) => tenant.courses);
    const csv = await olga.download(olga.page.getByRole("link", { name: "Kurse als CSV" }));
    const lines = csv.text.replace(/^\uFEFF/, "").trim().split(/\r\n/);
    assert.equal(fields(lines[0])[0], "Mandant");
    assert.deepEqual(lines.slice(1).map((line) => fields(line)[3]).sort(), courses.map((course) => course.shortname).sort());
    await olga.page.getByRole("link", { name: "Journal dieses Laufs" }).click();
    await olga.page.getByText("einschreiben").first().waitFor();
    await olga.page.locator('main td a[href^="/journal?person="]').first().click();
    await olga.page.waitForURL("**/journal?person=*");
    const person = new URL(olga.page.url()).searchParams.get("person");
    assert.ok((await rows(olga, "main table").allInnerTexts()).every((row) => row.includes(person)));
    await olga.page.getByText("→").first().waitFor();
    await olga.leave();
  }],

  ["the history draws the runs, and finds those of a status and a tenant", async (world, browser) => {
    const olga = await Visitor.arrive(browser, world);
    await olga.signIn("olga", world.password);
    await olga.menu("Verlauf");
    await olga.page.locator("figure.chart svg").first().waitFor();
    const all = await rows(olga, "table.runs").count();
    assert.equal(await olga.page.locator("figure.chart a.run").count(), all);
    await olga.page.selectOption("[name=status]", "partial");
    await olga.page.getByRole("button", { name: "Filtern" }).click();
    await olga.page.waitForURL("**status=partial*");
    const partial = await rows(olga, "table.runs").allInnerTexts();
    assert.ok(partial.length > 0 && partial.length < all && partial.every((row) => row.includes("teilweise")));
    await olga.open("/runs?tenant=MKK");
    assert.match(await olga.page.locator("table.runs").innerText(), new RegExp(`^${world.runs.mkk}\\s`, "m"));
    await olga.open("/runs?tenant=HP");
    assert.doesNotMatch(await olga.page.locator("table.runs").innerText(), new RegExp(`^${world.runs.mkk}\\s`, "m"));
    await olga.leave();
  }],

  ["the configuration is checked by a button", async (world, browser) => {
    const anna = await Visitor.arrive(browser, world);
    await anna.signIn("anna", world.password);
    await anna.menu("Konfiguration");
    await anna.page.getByRole("button", { name: "Prüfung starten" }).click();
    await anna.page.getByText("Letzte Prüfung").waitFor();
    await anna.page.getByRole("table", { name: "Was die Prüfung ergab" }).waitFor();
    assert.doesNotMatch(await anna.page.content(), new RegExp(world.secret()));
    await anna.leave();
  }],
];
