import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { PageServer } from '../support/page-server.ts';

const assets = fileURLToPath(new URL('../../player/page/assets/', import.meta.url));

// Absent from Chromium 67; esbuild lowers syntax and adds no polyfills.
const TOO_NEW_SCRIPT =
  /\.(?:flat|flatMap|at|replaceAll|matchAll|allSettled|toSorted|toReversed|findLast|replaceChildren|toggleAttribute)\(|\b(?:Object\.fromEntries|globalThis|queueMicrotask|structuredClone|AbortSignal\.timeout)\b/g;
const TOO_NEW_STYLE =
  /[;{](?:gap|row-gap|inset|aspect-ratio|backdrop-filter)\s*:|:is\(|:where\(|:has\(|:focus-visible|\b(?:clamp|min|max|color-mix)\(|\d(?:dvh|svh)/g;

describe('built pages on Chromium 67', () => {
  before(async () => {
    const server = await PageServer.start({ media: false }); // builds the pages when nobody has
    await server.remove();
  });

  it('use nothing in scripts or styles that is younger', async () => {
    const found: string[] = [];
    for (const name of await readdir(assets)) {
      const text = await readFile(assets + name, 'utf8');
      const tooNew = name.endsWith('.css') ? TOO_NEW_STYLE : TOO_NEW_SCRIPT;
      for (const match of text.match(tooNew) ?? []) found.push(`${name}: ${match}`);
    }
    expect(found).to.deep.equal([]);
  });

  it('carry no script, style or handler inside the HTML', async () => {
    const pages = (await readdir(`${assets}..`)).filter((name) => name.endsWith('.html'));
    expect(pages).to.have.lengthOf.at.least(8);
    for (const name of pages) {
      const html = await readFile(`${assets}../${name}`, 'utf8');
      expect(html, name).not.to.match(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|\{\{/);
      expect(html, name).to.match(/^<!doctype html>\n<html lang="zh-Hans"/);
    }
  });
});
