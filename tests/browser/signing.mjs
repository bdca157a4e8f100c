// Signing in and out, languages, and what people may see.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";

import { Visitor } from "./visitor.mjs";
import { World } from "./world.mjs";

const lang = (visitor) => visitor.page.locator("html").getAttribute("lang");

export const signing = [
  ["a wrong password is refused; the right one leads to the page that was wanted", async (world, browser) => {
    const anna = await Visitor.arrive(browser, world);
    await anna.open("/runs?status=success");
    assert.match(anna.path(), /^\/login\?to=/);
    await anna.signIn("anna", "not the password");
    await anna.page.getByRole("alert").getByText("Name oder Kennwort ist falsch.").waitFor();
    assert.equal(await anna.page.inputValue("[name=password]"), "");
    anna.expect(/^403 for /, /^error on .*403/);
    await anna.signIn("anna", world.password);
    await anna.page.waitForURL("**/runs?status=success");
    assert.equal(await anna.page.title(), "Verlauf – Lehrgänge");
    await anna.leave();
  }],

  ["the language is the browser's, until another one is chosen", async (world, browser) => {
    const eve = await Visitor.arrive(browser, world, { locale: "en-GB" });
    await eve.signIn("anna", world.password);
    await eve.page.waitForURL(`${world.url}/`);
    assert.equal(await lang(eve), "en");
    await eve.open("/runs?status=success");
    await eve.page.getByRole("link", { name: "Deutsch" }).click();
    await eve.page.getByRole("heading", { name: "Verlauf" }).waitFor();
    assert.equal(eve.path(), "/runs?status=success");
    await eve.open("/tasks");
    assert.equal(await lang(eve), "de");
    await eve.page.getByRole("link", { name: "English" }).click();
    await eve.page.getByRole("heading", { name: "Tasks", level: 1 }).waitFor();
    assert.equal(await lang(eve), "en");
    await eve.leave();
  }],

  // The session's cookie does not come along from another site; the way in goes once around the sign-in page.
  ["a link in somebody's mail leads who has signed in to the page", async (world, browser) => {
    const anna = await Visitor.arrive(browser, world);
    await anna.signIn("anna", world.password);
    await anna.page.waitForURL(`${world.url}/`);
    const body = `<!DOCTYPE html><title>Mail</title><a href="${world.url}/runs?status=success">Lauf</a>`;
    await anna.page.route("http://mail.example/", (route) => route.fulfill({ contentType: "text/html", body }));
    await anna.page.goto("http://mail.example/");
    await anna.page.getByRole("link", { name: "Lauf" }).click();
    await anna.page.waitForURL("**/runs?status=success");
    await anna.page.getByRole("heading", { name: "Verlauf", level: 1 }).waitFor();
    anna.expect(/^a foreign address: http:\/\/mail\.example\/$/);
    await anna.leave();
  }],

  ["signing out everywhere ends the other browser's session, too", async (world, browser) => {
    const here = await Visitor.arrive(browser, world);
    const there = await Visitor.arrive(browser, world);
    for (const visitor of [here, there]) {
      await visitor.signIn("olga", world.password);
      await visitor.page.waitForURL(`${world.url}/`);
    }
    await here.page.getByRole("link", { name: "olga" }).click();
    await here.page.getByRole("button", { name: "Überall abmelden" }).click();
    await here.page.waitForURL("**/login");
    await there.menu("Verlauf");
    await there.page.waitForURL("**/login?to=*");
    await here.open("/");
    assert.match(here.path(), /^\/login/);
    await here.leave();
    await there.leave();
  }],

  ["whoever is bound to a tenant sees nothing of the others", async (world, browser) => {
    const vera = await Visitor.arrive(browser, world);
    await vera.signIn("vera", world.password);
    await vera.page.waitForURL(`${world.url}/`);
    assert.equal(await vera.page.getByRole("link", { name: "Import starten" }).count(), 0);
    const others = World.tenants.filter(([, abbr]) => abbr !== "FD").flat();
    const alien = new RegExp(others.map((word) => `(?<![\\w-])${word}(?![\\w])`).join("|"));
    for (const path of ["/", "/runs", "/runs?tenant=FD", `/runs/${world.runs.all}`, `/runs/${world.runs.all}?only=all`, "/journal", "/tasks"]) {
      assert.equal(await vera.open(path), 200, path);
      assert.doesNotMatch(await vera.page.content(), alien, path);
    }
    await vera.open(`/runs/${world.runs.all}`);
    assert.match(await vera.text(), /FD-/);
    const report = await vera.download(vera.page.getByRole("link", { name: "Bericht als JSON" }));
    assert.doesNotMatch(report.text, alien);
    assert.match(report.text, /FD-/);
    vera.expect();
    for (const [path, status] of [[`/runs/${world.runs.mkk}`, 404], ["/import", 403], ["/configuration", 403], ["/audit", 403]]) {
      assert.equal(await vera.open(path), status, path);
      vera.expect(new RegExp(`^${status} for `), new RegExp(`^error on .* ${status} `));
    }
    await vera.leave();
  }],
];
