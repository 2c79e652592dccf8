// Opens a report in headless Chromium, uses it as a reader would, and says what is wrong with it.
// usage: node check.mjs REPORT.html [PICTURE.png]
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [report, picture] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "tern-report-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  colorScheme: "light",
  viewport: { width: 1180, height: 1000 },
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

try {
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`));
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) faults.push(`asked the network for ${request.url()}`);
  });
  await page.goto(pathToFileURL(resolve(report)).href);

  const rows = page.locator("#rows tr.row");
  const visible = page.locator("#rows tr.row:visible");
  const total = await rows.count();
  assert.ok(total > 20, `only ${total} rows`);
  for (const id of ["P1", "P9", "P13b", "P16"]) {
    assert.ok(await rows.filter({ has: page.getByText(id, { exact: true }) }).count(), `no row ${id}`);
  }

  // Rows open and close, by mouse and keyboard.
  const first = page.locator("#rows .open").first();
  const detail = page.locator("#rows tr.detail").first();
  assert.equal(await detail.isVisible(), false);
  await first.click();
  assert.equal(await detail.isVisible(), true, "a row did not open");
  await first.press("Enter");
  assert.equal(await detail.isVisible(), false, "a row did not close by keyboard");

  // The filter, and the tiles.
  await page.getByRole("searchbox", { name: "Filter the rows" }).fill("YCSB");
  const some = await visible.count();
  assert.ok(some > 0 && some < total, `the filter shows ${some} of ${total}`);
  await page.getByRole("searchbox").fill("no such row");
  assert.equal(await visible.count(), 0);
  await page.getByRole("searchbox").fill("");
  assert.equal(await visible.count(), total);
  const tile = page.locator(".tiles button").first();
  await tile.click();
  const state = await tile.getAttribute("data-state");
  assert.equal(await visible.count(), Number(await tile.locator("b").textContent()), "a tile counts wrongly");
  assert.ok((await visible.evaluateAll((all) => all.map((row) => row.dataset.state))).every((s) => s === state));
  await tile.click();
  assert.equal(await visible.count(), total);

  // Sorting: figures ascend, then descend, and those without come last.
  const heading = page.getByRole("columnheader", { name: "figure" });
  for (const [order, sign] of [["ascending", 1], ["descending", -1]]) {
    await heading.getByRole("button").click();
    assert.equal(await heading.getAttribute("aria-sort"), order);
    const figures = await rows.evaluateAll((all) => all.map((row) => row.dataset.figure));
    const numbers = figures.filter((text) => text !== "").map(Number);
    assert.deepEqual(figures.slice(0, numbers.length).map(Number), numbers, "a row without a figure stands in between");
    assert.deepEqual(numbers, [...numbers].sort((a, b) => sign * (a - b)));
  }
  await page.getByRole("columnheader", { name: "#" }).getByRole("button").click();

  // Both themes, and every text on its ground readable (WCAG 2.1, 1.4.3: 4.5 to 1).
  const faint = () => page.evaluate(() => {
    const numbers = (color) => color.match(/[\d.]+/g).map(Number);
    const light = (color) => numbers(color).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if ((numbers(color)[3] ?? 1) > 0) return color;
      }
      return "rgb(255, 255, 255)";
    };
    const found = [];
    for (const element of document.querySelectorAll("td, th, p, button, .what, .state, dt, dd, h1, h2, h3, svg text")) {
      const style = getComputedStyle(element);
      const [a, b] = [light(element.closest("svg") ? style.fill : style.color), light(ground(element))];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < 4.5) found.push(`${element.tagName} ${element.className.baseVal ?? element.className}: ${contrast.toFixed(2)}`);
    }
    return [...new Set(found)];
  });
  const groundOf = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await groundOf();
  assert.deepEqual(await faint(), [], "faint text in the light theme");
  await page.getByRole("button", { name: "Switch between light and dark" }).click();
  assert.notEqual(await groundOf(), light, "the theme did not change");
  assert.deepEqual(await faint(), [], "faint text in the dark theme");
  await page.getByRole("button", { name: "Switch between light and dark" }).click();
  assert.equal(await groundOf(), light);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.evaluate(() => delete document.documentElement.dataset.theme);
  assert.notEqual(await groundOf(), light, "the system's dark theme is not followed");
  await page.emulateMedia({ colorScheme: "light" });

  // Charts are drawn and named, and nothing runs out of a narrow window.
  assert.ok(await page.locator("section.panel svg[aria-label]").count() >= 2, "no charts");
  assert.equal(await page.locator("svg[role=img]:not([aria-label])").count(), 0, "a chart without a name");
  if (picture) await page.screenshot({ path: picture, clip: { x: 0, y: 0, width: 1180, height: 1000 } });
  await page.setViewportSize({ width: 390, height: 800 });
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wider <= 0, `the page is ${wider} px wider than a phone`);
  assert.deepEqual(faults, []);
  console.log(`${total} rows; no faults`);
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
