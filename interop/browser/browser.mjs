// A real browser for the checks of this folder: Debian's Chromium by playwright-core.
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';

const { chromium } = createRequire(new URL('../providers/package.json', import.meta.url))('playwright-core');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

let passed = 0;
let failed = 0;
let browser;

/** Runs one check in a browser profile of its own; `shots` is where its pictures go. */
export async function check(what, shots, run, options = {}) {
  fs.mkdirSync(shots, { recursive: true });
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, ...options });
  context.setDefaultTimeout(15000);
  const strayed = [];
  const complaints = [];
  await context.route((url) => !['127.0.0.1', 'localhost', ''].includes(url.hostname) && url.protocol !== 'data:', (route) => {
    strayed.push(route.request().url());
    return route.abort();
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    // A page with an error status is reported so as well; the checks look at those themselves.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  const began = Date.now();
  try {
    await run({
      context, strayed, complaints,
      picture: (page, name) => page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true }),
    });
    passed += 1;
    console.log(`ok ${what} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${what}: ${error.stack}`);
    for (const [index, page] of context.pages().entries()) {
      console.log(`  page ${index}: ${page.url()}`);
      await page.screenshot({ path: path.join(shots, `failed-${passed + failed}-${index}.png`) }).catch(() => {});
    }
  } finally {
    await context.close();
  }
}

/** Runs all checks of a script; ends the process with 1 if any failed. */
export async function main(run) {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  try {
    await run();
  } finally {
    await browser.close();
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** Clicks and waits for the page that it leads to. */
export async function go(page, click) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), click]);
}

export function equal(what, got, expected) {
  if (JSON.stringify(got) !== JSON.stringify(expected)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
  }
}
